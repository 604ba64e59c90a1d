/** `mhub preview`: a gallery of what campaigns have made. */
import { join, resolve } from 'node:path';
import type { Instant } from '../core/contracts.ts';
import { Failed, Usage } from '../core/errors.ts';
import { clock } from '../shell/host.ts';
import { finish, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Clocked, common, instant, whole } from './options.ts';

interface Flags extends Clocked {
  readonly out?: string;
  readonly port?: number;
  readonly open?: boolean;
}

const DEFAULT_PORT = 4322;

const HELP = `
It shows pages, emails, posts, pictures and documents as they lie in the work tree, with their verdict, facts, angle
and slot, and variants side by side. What is planned and not made yet is listed too. Each reload reads the files again.

With --out it writes static files for any host, or to open from the disk. The folder must be new, empty, or hold an
earlier preview, which is replaced. With --json it prints what it knows and serves nothing.

No script of an asset runs in the gallery: its pages stand in sandboxed frames, under a policy that allows none.

Exit codes: 0 done, 2 wrong usage, 3 a campaign is invalid and left out.

Examples:
  mhub preview --open
  mhub preview spring --out /tmp/preview`;

export const preview: AddCommand = (root, { now }) => {
  common(
    root
      .command('preview')
      .argument('[campaign...]', 'only these campaigns')
      .description('Show everything that campaigns have made in a gallery: on this machine, or as static files.'),
  )
    .option('--out <dir>', 'write static files into this folder instead of serving')
    .option('--port <port>', `port on 127.0.0.1; 0 takes a free one (default: ${DEFAULT_PORT})`, whole(0, 65_535))
    .option('--open', 'open it in the browser')
    .option('--now <instant>', 'the clock, in UTC; decides what is coming and what has gone', instant)
    .addHelpText('after', HELP)
    .action(async (campaigns: string[], flags: Flags) => {
      const { out: folder, port, open, json } = flags;
      if (folder !== undefined && port !== undefined) throw new Usage('--out serves nothing: leave out --port');
      if (json && folder === undefined && (open || port !== undefined)) {
        throw new Usage('--json serves nothing: leave out --port and --open');
      }
      const { readGallery, servePreview, writeGallery } = await import('../shell/preview.ts');
      const { openInBrowser } = await import('../shell/browse.ts');
      const { untilInterrupted } = await import('../shell/loopback.ts');
      const out = terminalOf(flags);
      const readAt = (at: Instant) =>
        readGallery({ cwd: flags.cwd, campaigns, now: flags.now ?? at, env: process.env });
      out.progress('reading the work tree');
      if (json || folder !== undefined) {
        const { files, ...data } = await readAt(now);
        const target = folder === undefined ? undefined : resolve(flags.cwd, folder);
        if (target !== undefined) writeGallery(target, files);
        const written = target === undefined ? {} : { out: target, files: files.size };
        finish(
          out,
          flags,
          { ...written, ...data },
          `${files.size} files in ${target}`,
          data.problems.length > 0 ? 3 : 0,
        );
        if (open && target !== undefined) await openInBrowser(join(target, 'index.html'));
        return;
      }
      // It may run for days.
      const served = await servePreview(() => readAt(clock()), port ?? DEFAULT_PORT);
      out.say(`Preview on ${served.url}/, read anew with each page; end with Ctrl-C`);
      if (open) {
        await openInBrowser(`${served.url}/`).catch((error: unknown) => {
          if (!(error instanceof Failed)) throw error;
          out.say(error.message);
        });
      }
      await untilInterrupted();
      await served.close();
    });
};
