/** What is known about an asset: place, publications, angle, verdict, facts, copy. */
import type { Finding } from '../../generated/entities.ts';
import { html, type Markup, type Part } from './markup.ts';
import type { AssetPreview } from './model.ts';
import { clockTime, slotText } from './page.ts';
import { folded, listed } from './pieces.ts';

const short = (digest: string): string => digest.slice(0, 12);
/** A link only where it leads over the web; anything else an asset may have put there stays text. */
const link = (url: string, cta: string): Markup =>
  /^https?:\/\//.test(url)
    ? html`<a href="${url}" rel="noopener noreferrer" data-cta-id="${cta}">${url}</a>`
    : html`<code>${url}</code>`;

const place = ({ file, line, column }: Finding): string =>
  [file, line, column].filter((part) => part !== undefined).join(':');

function findingItem(finding: Finding): Markup {
  const { rule, severity, message, excerpt, selector, fix } = finding;
  return html`<li class="${severity}"><strong>${rule}</strong> ${severity}${place(finding) === '' ? '' : html` at <code>${place(finding)}</code>`}
<div>${message}</div>
${excerpt === undefined ? '' : html`<div><q>${excerpt}</q></div>`}
${selector === undefined ? '' : html`<div><code>${selector}</code></div>`}
${fix ? html`<div>Surely right: <q>${fix.to}</q> instead of <q>${fix.from}</q></div>` : ''}</li>`;
}

const findingList = (findings: readonly Finding[]): Markup =>
  findings.length === 0
    ? html`<p>Nothing is held against it.</p>`
    : html`<ul class="list">${findings.map(findingItem)}</ul>`;

function verdictOf({ id, verdict }: AssetPreview): Part {
  if (!verdict) return '';
  const { result, reason, attempt, rules, findings, history, packs, policy, exceptions = [], observed = [] } = verdict;
  const ran = rules.filter((rule) => rule.result === 'pass' || rule.result === 'fail').length;
  const rows = rules.map(
    ({ rule, result: outcome, why }) =>
      html`<tr><th scope="row">${rule}</th><td>${outcome}${why === undefined ? '' : html`: ${why}`}</td></tr>`,
  );
  return html`<h3>Verdict</h3>
<p>${result}${reason ? `, ${reason.replaceAll('_', ' ')}` : ''} at attempt ${attempt}; ${ran} of ${rules.length} rules ran.${verdict.current ? '' : ' It judged an earlier content.'}</p>
${findingList(findings)}
${folded(
  `Rule by rule (${rules.length})`,
  `preview-rules-${id}`,
  html`<table>${rows}</table>
<p class="quiet">Packs: ${packs.join(', ')}. Policy <code>${short(policy)}</code>.</p>
${observed.map((one) => html`<p class="quiet">${one}</p>`)}`,
)}
${history.map((past) =>
  folded(
    `Attempt ${past.attempt}: ${past.findings.length} finding${past.findings.length === 1 ? '' : 's'}`,
    `preview-attempt-${id}-${past.attempt}`,
    html`<p class="quiet">Content <code>${short(past.content)}</code></p>${findingList(past.findings)}`,
  ),
)}
${exceptions.map((one) => html`<p>Excepted from ${one.rule} until ${one.expires} by ${one.owner}: ${one.reason}</p>`)}`;
}

function citedFacts({ id, facts: cited }: AssetPreview): Part {
  if (cited.length === 0) return '';
  const items = cited.map(
    ({ id: fact, statement, source, checked, expires }) => html`<li><strong>${fact}</strong>
<div>${statement ?? 'The brand has no such fact any more.'}</div>
${source === undefined ? '' : html`<div class="quiet">${link(source, `preview-source-${id}-${fact}`)}, checked ${checked}${expires === undefined ? '' : html`, expires ${expires}`}</div>`}</li>`,
  );
  return html`<h3>Facts it cites</h3><ul class="list">${items}</ul>`;
}

function publicationsOf({ id, timezone, publications }: AssetPreview): Part {
  if (publications.length === 0) return '';
  const items = publications.map(
    (
      { at, status, slot, url },
      index,
    ) => html`<li>${status.replaceAll('_', ' ')}${/^r\d+$/.test(slot) ? ` as ${slot}` : ''}, ${clockTime(at, timezone)}
${url === undefined ? '' : html`<div>${link(url, `preview-live-${id}-${index + 1}`)}</div>`}</li>`,
  );
  return html`<h3>In the ledger</h3><ul class="list">${items}</ul>`;
}

function making({ id, made }: AssetPreview): Part {
  if (!made) return '';
  const { copy, fixes, files, engine, attempt, content, brief, plan, template } = made;
  const blocks = copy.map(
    ({ slot, text, facts: cited }) =>
      html`<tr><th scope="row">${slot}</th><td>${text}${cited.length === 0 ? '' : html` <span class="quiet">(${cited.join(', ')})</span>`}</td></tr>`,
  );
  const repaired = fixes.map(({ rule, from, to }) => html`<li>${rule}: <q>${to}</q> instead of <q>${from}</q></li>`);
  const digests = [
    ['Engine', `${engine}, attempt ${attempt}`],
    ['Content', html`<code>${short(content)}</code>`],
    ['Brief', html`<code>${short(brief)}</code>`],
    ['Plan entry', html`<code>${short(plan)}</code>`],
    ['Template', html`${template.path} <code>${short(template.sha256)}</code>`],
    ...files.map(({ name, sha256 }) => [name, html`<code>${short(sha256)}</code>`] as const),
  ] as const;
  return html`${repaired.length === 0 ? '' : html`<h3>Safe fixes</h3><ul class="list">${repaired}</ul>`}
${folded('Copy, block by block', `preview-copy-${id}`, html`<table>${blocks}</table>`)}
${folded('Digests', `preview-digests-${id}`, listed(digests))}`;
}

export function about(asset: AssetPreview): Markup {
  const { angle, why, because, channel, path, arm, segment, offer } = asset;
  return html`<div class="about">
<h3>Where and when</h3>
${listed([
  ['Slot', slotText(asset)],
  ['Channel', channel],
  ...(path === undefined ? [] : [['Page', `${path}${arm ? `, arm ${arm}` : ''}`] as const]),
  ...(because === undefined ? [] : [['Standing', because] as const]),
])}
${publicationsOf(asset)}
<h3>Angle</h3>
${listed([
  ['Pain', angle.pain],
  ['Outcome', angle.outcome],
  ['Mechanism', angle.mechanism],
  ['Proof', angle.proof],
  ...(segment === undefined ? [] : [['For', segment] as const]),
  ...(offer === undefined ? [] : [['Offer', offer] as const]),
  ...(why === undefined ? [] : [['Why', why] as const]),
])}
${verdictOf(asset)}
${citedFacts(asset)}
${making(asset)}
</div>`;
}
