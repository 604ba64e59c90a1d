/** Opens an address or a file as a double click would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failed } from '../core/errors.ts';

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
};

/** @throws Failed when the machine has nothing that opens it */
export async function openInBrowser(target: string): Promise<void> {
  const [program = 'xdg-open', ...args] = OPENERS[process.platform] ?? [];
  const child = spawn(program, [...args, target], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn').catch((error: NodeJS.ErrnoException) => {
    throw new Failed(`cannot start ${program} (${error.code}): open ${target} yourself`, { mayHaveHappened: false });
  });
  child.unref();
}
