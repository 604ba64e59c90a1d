import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Usage } from '../core/errors.ts';
import { openRepo } from './git.ts';
import { clock } from './host.ts';
import { untilInterrupted } from './loopback.ts';
import { openInputs } from './open.ts';
import { EVENTS_DIR } from './run.ts';
import { serve } from './serve.ts';
import { workTreeSnapshot } from './snapshot.ts';
import { World } from './world.ts';

export interface Serving {
  readonly url: string;
  readonly folder: string;
}

const DEFAULT_COLLECTOR = '/_mhub/events';

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Serves the first web channel's folder until the process is told to end. */
export async function serveWorkspace(cwd: string, port: number, onReady: (serving: Serving) => void): Promise<void> {
  const { root } = await openRepo(cwd);
  const { units } = await openInputs(new World(workTreeSnapshot(root)), []);
  const channel = units.flatMap(({ channels }) => channels).find(({ adapter }) => adapter === 'web');
  const folder = text(channel?.params?.['folder']) ?? 'site';
  if (!existsSync(join(root, folder))) throw new Usage(`${folder}/ is not there yet: run "mhub run" first`);
  const collectorPath = text(channel?.params?.['collector']) ?? DEFAULT_COLLECTOR;
  const eventsDir = join(root, EVENTS_DIR);
  const served = await serve({ root, folder, port, eventsDir, collectorPath, now: clock });
  onReady({ url: served.url, folder });
  await untilInterrupted();
  await served.close();
}
