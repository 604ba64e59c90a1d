import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { program } from '../cli.ts';
import { referencePage } from './reference.ts';

const PAGE = fileURLToPath(new URL('../../docs/reference.md', import.meta.url));
const page = referencePage(program({ name: 'mhub-engine', version: '0.0.0', now: '2026-11-23T09:00:00Z' }));

test('docs/reference.md says what the command line and the manifest say; if not, run: npm run gen', () => {
  expect(readFileSync(PAGE, 'utf8') === page, 'docs/reference.md is stale; run: npm run gen').toBe(true);
});

test('every command, job, plugin and entity stands on the page', () => {
  for (const heading of ['### mhub run', '### mhub serve', '`mkt_publish_assets`', '| `feed` |', '### CampaignPlan']) {
    expect(page).toContain(heading);
  }
});
