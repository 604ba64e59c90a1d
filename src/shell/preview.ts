/** `mhub preview`: the gallery of the work tree, on loopback or as a folder of static files. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname, join } from 'node:path';
import type { Files, Instant } from '../core/contracts.ts';
import { Invalid, type Problem, Usage } from '../core/errors.ts';
import { ASSET_POLICY } from '../core/preview/contents.ts';
import { type CampaignPreview, previewOf } from '../core/preview/model.ts';
import { GENERATOR } from '../core/preview/page.ts';
import { ASSETS } from '../core/preview/places.ts';
import { galleryOf } from '../core/preview.ts';
import { limitsOf } from '../core/room.ts';
import { channels } from '../generated/registry.ts';
import { needsOf } from './doctor.ts';
import { loadSecrets, type Secrets } from './env.ts';
import { openRepo } from './git.ts';
import { type Served, serveLocally } from './loopback.ts';
import { loadAll, openInputs, openWorkspace } from './open.ts';
import type { Environment } from './run-git.ts';
import { workTreeSnapshot } from './snapshot.ts';
import { reply, sendContent } from './static.ts';
import { World } from './world.ts';

export interface PreviewOptions {
  readonly cwd: string;
  readonly campaigns: readonly string[];
  readonly now: Instant;
  readonly env: Environment;
}

/** What is known, for programs. */
export interface Preview {
  readonly campaigns: readonly CampaignPreview[];
  /** Of campaigns that are left out. */
  readonly problems: readonly Problem[];
}

export interface Gallery extends Preview {
  /** By path, index.html first. */
  readonly files: Files;
}

const redacted = ({ redact }: Secrets, preview: CampaignPreview): CampaignPreview =>
  JSON.parse(redact(JSON.stringify(preview))) as CampaignPreview;

const redactedFiles = ({ redact }: Secrets, files: Files): Files =>
  new Map([...files].map(([name, content]) => [name, typeof content === 'string' ? redact(content) : content]));

/** Reads the work tree as it is now; no value of a secret gets past here. */
export async function readGallery({ cwd, campaigns: only, now, env }: PreviewOptions): Promise<Gallery> {
  const { root } = await openRepo(cwd, env);
  const world = new World(workTreeSnapshot(root));
  const opened = await openInputs(world, only);
  const workspace = await openWorkspace(world, opened);
  const secrets = await loadSecrets(root, env);
  secrets.protect([...(await needsOf(workspace.units)).keys()]);
  const adapters = await loadAll(channels);
  const campaigns: CampaignPreview[] = [];
  const contents = new Map<string, Files>();
  for (const unit of workspace.units) {
    const state = await workspace.hub(unit);
    const limits = new Map(unit.channels.map((one) => [one.id, limitsOf(one, { channels: adapters })]));
    campaigns.push(redacted(secrets, previewOf(unit, state, { now, limits })));
    for (const { campaign, id, files } of state.assets)
      contents.set(`${campaign}/${id}`, redactedFiles(secrets, files));
  }
  const { problems } = workspace;
  const filesOf = (campaign: string, asset: string): Files => contents.get(`${campaign}/${asset}`) ?? new Map();
  return { campaigns, problems, files: galleryOf({ now, campaigns, problems, contents: filesOf }) };
}

// ---- as a folder ----------------------------------------------------------------------------------------------------

const isGallery = (folder: string): boolean => {
  const index = join(folder, 'index.html');
  return existsSync(index) && readFileSync(index, 'utf8').includes(`<meta name="generator" content="${GENERATOR}">`);
};

/**
 * Writes a gallery beside the folder and then puts it into its place, whole.
 *
 * @throws Usage when the folder holds anything but an earlier gallery
 */
export function writeGallery(folder: string, files: Files): void {
  const isThere = existsSync(folder);
  if (isThere && readdirSync(folder).length > 0 && !isGallery(folder)) {
    throw new Usage(`${folder} holds something else: give a folder that is new, empty, or an earlier preview`);
  }
  mkdirSync(dirname(folder), { recursive: true });
  const next = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  for (const [path, content] of files) {
    const file = join(next, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(next, folder);
}

// ---- on loopback ----------------------------------------------------------------------------------------------------

/** /campaigns/start.html -> campaigns/start.html; undefined when it cannot be read. */
function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0] ?? '/').slice(1);
    return path === '' ? 'index.html' : path;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Pages of assets have no origin either; a PDF viewer would not start in a sandbox. */
const headersFor = (path: string): Record<string, string> => ({
  'referrer-policy': 'no-referrer',
  ...(path.startsWith(`${ASSETS}/`) && /\.html?$/i.test(path)
    ? { 'content-security-policy': `sandbox; ${ASSET_POLICY}; frame-ancestors 'self'` }
    : {}),
});

/** Each page is made anew from the work tree; what it shows comes from the same reading. */
export async function servePreview(read: () => Promise<Gallery>, port: number): Promise<Served> {
  let latest = await read();
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    const isPage = path !== undefined && !path.startsWith(`${ASSETS}/`) && path.endsWith('.html');
    try {
      if (isPage) latest = await read();
    } catch (error) {
      if (!(error instanceof Invalid || error instanceof Usage)) throw error;
      return reply(response, 503, `${error.message}\n`);
    }
    const content = path === undefined ? undefined : latest.files.get(path);
    if (path === undefined || content === undefined) return reply(response, 404, 'not found\n');
    sendContent(path, content, request, response, { headers: headersFor(path) });
  }
  return serveLocally({ port }, answer);
}
