import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openInBrowser } from './browse.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mhub-browse-'));
  vi.stubEnv('PATH', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const onLinux = test.skipIf(process.platform !== 'linux');

onLinux('a machine without an opener is told what to open by hand', async () => {
  await expect(openInBrowser('/tmp/gallery/index.html')).rejects.toThrow(
    'cannot start xdg-open (ENOENT): open /tmp/gallery/index.html yourself',
  );
});

onLinux('the opener gets the address as one argument, whatever is in it', async () => {
  const told = join(folder, 'told');
  const opener = join(folder, 'xdg-open');
  writeFileSync(opener, `#!/bin/sh\nprintf '%s' "$1" > '${told}.part' && /bin/mv '${told}.part' '${told}'\n`);
  chmodSync(opener, 0o755);
  const address = 'http://127.0.0.1:4322/; echo owned';
  await openInBrowser(address);
  await expect.poll(() => existsSync(told)).toBe(true);
  expect(readFileSync(told, 'utf8')).toBe(address);
});
