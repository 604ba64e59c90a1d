import { afterAll, test } from 'vitest';
import { findChromium } from './browser.ts';
import { play, removeFirstRun } from './play.ts';
import { scenarios } from './scenario.ts';

afterAll(removeFirstRun);

const chromium = await findChromium();
const missing = 'missing' in chromium ? chromium.missing : undefined;

for (const scenario of scenarios()) {
  const { proves, browser } = scenario.answers;
  const isSkipped = browser === true && missing !== undefined;
  test.skipIf(isSkipped)(
    isSkipped ? `${proves} (skipped: ${missing})` : proves,
    () => play(scenario),
    browser ? 60_000 : undefined,
  );
}
