/** Pull request and alert of a real run, as GitHub shows them: its Markdown, its style sheet, its frame drawn after it. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { escapeMarkup } from '../../core/site.ts';
import { ownFiles, ROOT } from '../own.ts';
import { tempRepo } from '../repo.ts';
import { serveGithub } from './server.ts';

const PREVIEWED = 'https://github.example/ada/garden';

const FRAME = `
body { margin: 0; background: #fff; color: #1f2328; font: 14px/1.5 -apple-system, 'Segoe UI', 'Noto Sans', Inter, sans-serif }
main { max-width: 960px; margin: 0 auto; padding: 24px 24px 32px }
h1 { font-size: 26px; font-weight: 400; margin: 0 0 8px } h1 span { color: #59636e; font-weight: 300 }
.state { display: inline-block; border-radius: 2em; color: #fff; padding: 5px 12px; font-weight: 500; margin-right: 8px }
.meta { color: #59636e; padding-bottom: 16px; border-bottom: 1px solid #d1d9e0; margin-bottom: 24px }
.label { display: inline-block; background: #ddf4ff; color: #0550ae; border-radius: 2em; padding: 0 10px; font-size: 12px; font-weight: 500 }
.box { border: 1px solid #d1d9e0; border-radius: 6px }
.box header { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; padding: 8px 16px; color: #59636e }
.box header b { color: #1f2328; font-weight: 600 }
.markdown-body { padding: 16px; font-family: inherit }
`;

interface Shown {
  readonly title: string;
  readonly number: number;
  readonly state: { readonly name: string; readonly color: string };
  readonly meta: string;
  readonly body: string;
}

function pageOf({ title, number, state, meta, body }: Shown, pictureAt: (path: string) => string): string {
  const css = readFileSync(
    createRequire(import.meta.url).resolve('github-markdown-css/github-markdown-light.css'),
    'utf8',
  );
  const html = micromark(body, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  const raw = new RegExp(`${PREVIEWED}/raw/([0-9a-f]+)/([^"]+)`, 'g');
  // The last asset as a reader sees it who has unfolded it.
  const unfolded = html.replace(/<details>(?!.*<details>)/s, '<details open>');
  const pictured = unfolded.replace(raw, (_all, commit: string, path: string) => pictureAt(`${commit}:${path}`));
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>${escapeMarkup(title)}</title>
<style>${css}${FRAME}</style><main>
<h1>${escapeMarkup(title)} <span>#${number}</span></h1>
<div class="meta"><span class="state" style="background: ${state.color}">${state.name}</span>${meta}</div>
<div class="box"><header><b>github-actions</b> bot commented</header><div class="markdown-body">${pictured}</div></div>
</main></html>`;
}

/** @returns  pages by name, made by a run at the instant in a copy of this repository's workspace */
export async function githubPages(now: string): Promise<Readonly<Record<'pull-request' | 'alert', string>>> {
  const brand = 'brands/mhub/brand.yaml';
  const files = ownFiles();
  const text = (path: string): string => Buffer.from(files[path] ?? '').toString();
  const repo = await tempRepo(
    {
      ...files,
      [brand]: Buffer.from(text(brand).replaceAll('.example', '.internal')),
      'mhub.yaml': Buffer.from(text('mhub.yaml').replace('delivery: local', 'delivery: direct')),
    },
    { remote: true },
  );
  const github = await serveGithub(repo.remote ?? '', repo.env);
  const mhub = async (...args: readonly string[]): Promise<void> => {
    const words = [join(ROOT, 'bin/mhub.js'), ...args, '--now', now];
    const options = { cwd: repo.root, env: { ...repo.env, ...github.env } };
    await promisify(execFile)(process.execPath, words, options).catch((error: { code?: unknown }) => {
      if (error.code !== 3) throw error;
    });
  };
  try {
    await mhub('halt', 'start', '--channel', 'outbox', '--why', 'The offer changes on Thursday.');
    const settings = repo.read('mhub.yaml').replace('delivery: direct', 'delivery: pull-request\nalerts: github');
    repo.write('mhub.yaml', settings);
    repo.commit('deliver by pull request');
    repo.git('push', '-q', 'origin', 'main');
    await mhub('run');
    const [pull] = github.pulls;
    const [issue] = github.issues;
    if (!pull || !issue) throw new Error('the run has opened no pull request, or no issue');
    const pictureAt = (file: string): string => {
      const bytes = execFileSync('git', ['-C', repo.remote ?? '', 'show', file], { env: repo.env });
      return `data:image/png;base64,${bytes.toString('base64')}`;
    };
    const [to, from] = ['main', pull.head].map((branch) => `<code>${branch}</code>`);
    return {
      'pull-request': pageOf(
        {
          ...pull,
          state: { name: 'Merged', color: '#8250df' },
          meta: `<b>github-actions</b> merged into ${to} from ${from}`,
        },
        pictureAt,
      ),
      alert: pageOf(
        {
          ...issue,
          state: { name: 'Open', color: '#1f883d' },
          meta: `<b>github-actions</b> opened this issue &nbsp; <span class="label">${issue.labels.join()}</span>`,
        },
        pictureAt,
      ),
    };
  } finally {
    await github.close();
    repo.remove();
  }
}
