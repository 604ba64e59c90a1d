/** A thousand pages of one template and a thousand copies, written to disk by Handlebars, by mhub and by Eleventy. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Handlebars from 'handlebars';
import type { Brief, Copy } from '../src/core/contracts.ts';
import { filesDigest, sha256 } from '../src/core/hash.ts';
import { engine } from '../src/engines/template.ts';
import { compare, type Row } from './measure.ts';
import { prepared, renderOf, viewOf } from './pages.ts';
import { projectRoot } from './workspaces.ts';

const PEER = join(projectRoot, 'bench/peers/eleventy');

interface Eleventy {
  write(): Promise<unknown>;
}
type EleventyConstructor = new (
  input: string,
  output: string,
  options: { readonly quietMode: boolean; readonly configPath: string },
) => Eleventy;

async function loadEleventy(): Promise<EleventyConstructor> {
  if (!existsSync(join(PEER, 'node_modules'))) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: PEER, stdio: 'inherit' });
  }
  const main = pathToFileURL(join(PEER, 'node_modules/@11ty/eleventy/src/Eleventy.js')).href;
  return ((await import(main)) as { default: EleventyConstructor }).default;
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const filesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

export interface Race {
  readonly rows: readonly Row[];
  readonly pages: number;
}

/** @param root  workspace whose campaign start is rendered; @param folder  empty, for the pages */
export async function eleventy(root: string, folder: string, count: number, rounds: number): Promise<Race> {
  const Peer = await loadEleventy();
  const { planned, effect, context } = await prepared(root);
  const briefs = Array.from({ length: count }, (_, index): Brief => {
    const id = `page-${String(index).padStart(4, '0')}`;
    return { ...effect.brief, asset: { ...effect.brief.asset, id }, seed: sha256(id) };
  });
  const copies: Copy[] = [];
  for (const brief of briefs) copies.push((await engine.generate(brief, context)).copy);
  const views = copies.map((copy) => viewOf(planned, copy));
  const nameOf = (index: number): string => `${briefs[index]?.asset.id}/index.html`;

  // Values that are markup of our own stand in the view as they are; Eleventy has them from a file and must not escape.
  const layout = String(planned.unit.templates.get('templates/landing_page.hbs')).replaceAll(
    /\{\{(css|script|csp|structured|logo)\}\}/g,
    '{{{$1}}}',
  );
  const input = join(folder, 'input');
  write(join(input, '_includes/page.hbs'), layout);
  for (const [index, view] of views.entries()) {
    const data = { ...view, layout: 'page.hbs', permalink: nameOf(index) };
    write(join(input, `${briefs[index]?.asset.id}.html`), `---json\n${JSON.stringify(data)}\n---\n`);
  }
  const output = (who: string): string => join(folder, who);
  const clear = (who: string) => () => rmSync(output(who), { recursive: true, force: true });
  const template = Handlebars.compile(layout);
  const file = (index: number, copy: Copy): void => {
    const files = renderOf(planned, briefs[index] ?? effect.brief, copy);
    filesDigest(files);
    write(join(output('mhub'), nameOf(index)), String(files.get('index.html')));
  };

  const rows = await compare(
    [
      {
        name: 'Handlebars renders and writes the pages',
        prepare: clear('handlebars'),
        run: () => {
          for (const [index, view] of views.entries()) write(join(output('handlebars'), nameOf(index)), template(view));
        },
      },
      {
        name: 'mhub renders, digests and writes the pages',
        prepare: clear('mhub'),
        run: () => {
          for (const [index, copy] of copies.entries()) file(index, copy);
        },
      },
      {
        name: 'mhub writes their copy as well',
        prepare: clear('mhub'),
        run: async () => {
          for (const [index, brief] of briefs.entries()) file(index, (await engine.generate(brief, context)).copy);
        },
      },
      {
        name: 'Eleventy renders and writes the pages',
        prepare: clear('eleventy'),
        run: async () => {
          const configPath = join(PEER, 'eleventy.config.js');
          await new Peer(input, output('eleventy'), { quietMode: true, configPath }).write();
        },
      },
    ],
    rounds,
  );
  const written = filesIn(output('eleventy'));
  if (written !== count) throw new Error(`Eleventy wrote ${written} pages, expected ${count}`);
  return { rows, pages: count };
}

/** In words, with pages per second. */
export const raceText = ({ rows, pages }: Race): string =>
  rows.map(({ name, medianMs }) => `${name}: ${((1000 * pages) / medianMs).toFixed(0)} pages a second.`).join('\n');
