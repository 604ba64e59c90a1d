import { terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Common, common, whole } from './options.ts';

export const serve: AddCommand = (root) => {
  common(root.command('serve').description('Serve site/ on this machine and collect visits and clicks for web_log.'))
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', whole(0, 65_535), 4321)
    .addHelpText(
      'after',
      '\nRaw events lie in .mhub/events, which git ignores, until the next run has counted them. They hold no address, no\n' +
        'user agent and no identifier, and visitors who ask not to be tracked are not counted.',
    )
    .action(async (flags: Common & { port: number }) => {
      const { serveWorkspace } = await import('../shell/serve-workspace.ts');
      const out = terminalOf(flags);
      await serveWorkspace(flags.cwd, flags.port, (served) => {
        if (flags.json) out.data(served);
        else out.say(`Serving ${served.folder}/ on ${served.url}, end with Ctrl-C`);
      });
    });
};
