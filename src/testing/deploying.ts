/** Sites that are shown elsewhere, too: everything made and judged, nothing published, to be copied for each test. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapters } from '../shell/perform.ts';
import { type Ended, mhub } from './mhub.ts';
import { FIRST_RUN } from './play.ts';
import { tempRepo } from './repo.ts';
import { liveWorkspace, pushEdit, type Site, siteBefore } from './rig.ts';

export const WEB = 'brands/tidewell/channels/web.yaml';
export const RECORD = 'hub/brands/tidewell/deployments/web.yaml';
export const LATER = '2026-11-24T13:00:00Z';

export interface Bed {
  copy(): Site;
  git(cwd: string, ...args: string[]): string;
  /** @param env  beside what every process needs */
  run(
    site: Site,
    now: string,
    command: readonly string[],
    env?: Readonly<Record<string, string>>,
    adapters?: Adapters,
  ): Promise<Ended>;
  /** A person's change of one text, pushed. */
  edit(site: Site, path: string, from: string, to: string): void;
  remove(): void;
}

/** The live workspace with a target for its web channel. */
export function workspaceWith(target: string): Record<string, string> {
  const files = liveWorkspace();
  const web = (files[WEB] ?? '').replace('params: { folder: site,', `params: { target: ${target}, folder: site,`);
  return { ...files, [WEB]: web };
}

export async function openBed(target: string): Promise<Bed> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mhub-deploy-')));
  const template = await siteBefore(join(folder, 'template'), FIRST_RUN, workspaceWith(target));
  const person = await tempRepo({});
  let copies = 0;
  const git: Bed['git'] = (cwd, ...args) => person.git('-C', cwd, ...args);
  return {
    git,
    copy() {
      copies += 1;
      const copy = join(folder, `site-${copies}`);
      cpSync(template.folder, copy, { recursive: true });
      return { folder: copy, clone: join(copy, 'clone'), origin: join(copy, 'origin.git') };
    },
    run: (site, now, command, env = {}, adapters) =>
      mhub([...command, '--cwd', site.clone], { now, env: { ...person.env, ...env }, adapters }),
    edit: (site, path, from, to) => pushEdit(git, site, path, from, to),
    remove() {
      person.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The price no longer holds, so no page does. */
export const EXPIRE = [
  '9 EUR a month.\n    source: docs/product.md',
  '9 EUR a month.\n    expires: 2026-11-24\n    source: docs/product.md',
] as const;
export const BRAND = 'brands/tidewell/brand.yaml';
