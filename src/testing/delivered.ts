/** The email of this repository's own campaign, as a mail server is given it for one person, in a mail program. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import PostalMime, { type Email } from 'postal-mime';
import { escapeMarkup } from '../core/site.ts';
import { agreed, sealedList } from './letters.ts';
import { ownFiles, ROOT } from './own.ts';
import { tempRepo } from './repo.ts';
import { serveSmtp } from './smtp-server.ts';

/** Addresses that could be somebody's, and a channel that mails; nothing else is changed. */
const CHANGES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'mhub.yaml': [['delivery: local', 'delivery: direct']],
  'brands/mhub/brand.yaml': [['mhub.example', 'mhub.internal']],
  'brands/mhub/channels/outbox.yaml': [['adapter: outbox', 'adapter: smtp\nparams: { tls: none, audience: file }']],
};

function mailingWorkspace(): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = ownFiles();
  for (const [path, replacements] of Object.entries(CHANGES)) {
    const text = Buffer.from(files[path] ?? '').toString();
    files[path] = replacements.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
  }
  return files;
}

export async function deliveredEmail(now: string): Promise<Email> {
  const server = await serveSmtp({ tls: 'none' });
  const repo = await tempRepo(mailingWorkspace(), { remote: true });
  try {
    const list = await sealedList(join(dirname(repo.root), 'list.age'), agreed(['ada@reader.example']));
    const env = { ...repo.env, ...list, SMTP_HOST: '127.0.0.1', SMTP_PORT: String(server.port) };
    const args = [join(ROOT, 'bin/mhub.js'), 'run', '--now', now, '--cwd', repo.root];
    await promisify(execFile)(process.execPath, args, { env });
    const [arrived] = server.arrived;
    if (!arrived) throw new Error('no email has arrived');
    return await PostalMime.parse(arrived.message);
  } finally {
    repo.remove();
    await server.close();
  }
}

/** What a mail program shows: who wrote, a way off the list, and the HTML part in a frame of its own. */
export const mailProgramPage = ({ subject = '', from, to, html = '' }: Email): string => `<!DOCTYPE html>
<meta charset="utf-8"><title>Mail</title><style>
body { margin: 0; padding: 20px; background: #dfe3e8; font: 14px/1.5 sans-serif; color: #1c2126 }
main { border-radius: 10px; overflow: hidden; background: #fff }
header { padding: 16px 20px; border-bottom: 1px solid #d5dade }
h1 { margin: 0 0 6px; font-size: 19px } p { margin: 0; color: #59636e } b { color: #1c2126 } u { color: #0b5cad }
iframe { display: block; width: 100%; border: 0 }
</style><main><header><h1>${escapeMarkup(subject)}</h1>
<p><b>${escapeMarkup(from?.name ?? '')}</b> &lt;${escapeMarkup(from?.address ?? '')}&gt; · <u>Unsubscribe</u></p>
<p>to ${escapeMarkup(to?.[0]?.address ?? '')}</p></header>
<iframe srcdoc="${escapeMarkup(html)}" onload="this.height = this.contentDocument.documentElement.scrollHeight"></iframe>
</main>`;
