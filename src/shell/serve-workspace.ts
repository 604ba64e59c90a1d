import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Usage } from '../core/errors.ts';
import { MAILING_ENV } from '../core/mailing/params.ts';
import { loadSecrets } from './env.ts';
import { ensureIgnored } from './fast.ts';
import { openRepo } from './git.ts';
import { clock } from './host.ts';
import { untilInterrupted } from './loopback.ts';
import { openInputs } from './open.ts';
import { EVENTS_DIR } from './run.ts';
import { serve } from './serve.ts';
import { workTreeSnapshot } from './snapshot.ts';
import { openDesk } from './unsubscribe.ts';
import { World } from './world.ts';

export interface Serving {
  readonly url: string;
  readonly folder: string;
}

const DEFAULT_COLLECTOR = '/_mhub/events';

/** Who left the mailing list; it stays where it was written, and git ignores it. */
const LEFT = '.mhub/unsubscribed.jsonl';

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Serves the first web channel's folder until the process is told to end. */
export async function serveWorkspace(cwd: string, port: number, onReady: (serving: Serving) => void): Promise<void> {
  const repo = await openRepo(cwd);
  const { root } = repo;
  const { units } = await openInputs(new World(workTreeSnapshot(root)), []);
  const channel = units.flatMap(({ channels }) => channels).find(({ adapter }) => adapter === 'web');
  const folder = text(channel?.params?.['folder']) ?? 'site';
  if (!existsSync(join(root, folder))) throw new Usage(`${folder}/ is not there yet: run "mhub run" first`);
  const collectorPath = text(channel?.params?.['collector']) ?? DEFAULT_COLLECTOR;
  const eventsDir = join(root, EVENTS_DIR);
  ensureIgnored(root);
  const [unit] = units;
  const token = (await loadSecrets(root, process.env, repo)).get(MAILING_ENV.suppressionToken);
  const desk = unit && openDesk({ brand: unit.brand, file: join(root, LEFT), ...(token ? { token } : {}) });
  const served = await serve({ root, folder, port, eventsDir, collectorPath, now: clock, ...(desk ? { desk } : {}) });
  // Whoever hears that it is ready may end it at once.
  const interrupted = untilInterrupted();
  onReady({ url: served.url, folder });
  await interrupted;
  await served.close();
}
