/** What a landing is about, as the pull request that carries it: what goes out and why, what is held back, what changes. */
import type { ChangeSet, Note } from '../contracts.ts';
import type { AssetPreview } from '../preview/model.ts';
import { LEVEL_NAME, needsAttention } from '../report.ts';
import { plainTitle } from './alert.ts';
import { code, fitting, image, link, plain, table } from './markdown.ts';

/** Its commits are the engine's alone; the branch is written anew for each landing. */
export const RUN_BRANCH = 'mhub/run';

/** GitHub takes 65,536 characters. */
const MAX_BODY = 60_000;
/** Its share of that for each part; details have the rest. */
const MOST = { publications: 16_000, notes: 12_000, changes: 8_000 } as const;

/** Where the files of a commit can be seen. */
export interface Place {
  /** https://github.com/owner/repo */
  readonly web: string;
  readonly commit: string;
}

/** An asset that the landing publishes, or is about to. */
export interface LandedAsset {
  readonly campaign: string;
  /** intent: it is called once this is merged; the others are receipts. */
  readonly how: 'intent' | 'sent' | 'released' | 'assumed_sent' | 'withdrawn';
  readonly url?: string;
  readonly because?: string;
  readonly asset: AssetPreview;
}

export interface LandingAudit extends Place {
  readonly run: string;
  /** Commit that everything was decided on. */
  readonly base: string;
  readonly assets: readonly LandedAsset[];
  readonly notes: readonly Note[];
  readonly changeSets: readonly Pick<ChangeSet, 'stage' | 'scope' | 'title' | 'changes'>[];
}

const HOW: Readonly<Record<LandedAsset['how'], string>> = {
  intent: 'goes&nbsp;out',
  sent: 'published',
  released: 'not&nbsp;sent',
  assumed_sent: 'taken&nbsp;as&nbsp;sent',
  withdrawn: 'taken&nbsp;down',
};

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const titlesOf = (changeSets: LandingAudit['changeSets']): string => {
  const [first = '', ...rest] = [...new Set(changeSets.map(({ title }) => title))];
  return rest.length === 0 ? first : `${first} and ${plural(rest.length, 'more change')}`;
};

export function pullRequestTitle({ assets, changeSets }: LandingAudit): string {
  const going = assets.filter(({ how }) => how === 'intent').length;
  const gone = assets.filter(({ how }) => how === 'sent').length;
  const what = [
    ...(going > 0 ? [`${plural(going, 'publication')} to go out`] : []),
    ...(gone > 0 ? [`${plural(gone, 'publication')} on record`] : []),
  ].join(', ');
  return plainTitle(`mhub: ${what === '' ? titlesOf(changeSets) : what}`).slice(0, 200);
}

const pathIn = ({ web, commit }: Place, path: string): string => `${web}/blob/${commit}/${path}`;
const pictureIn = ({ web, commit }: Place, path: string): string => `${web}/raw/${commit}/${path}`;

const folderOf = ({ campaign, asset }: LandedAsset): string => `hub/campaigns/${campaign}/assets/${asset.id}`;

/** 2026-11-23T09:30[Europe/Berlin] -> 2026-11-23 09:30 Europe/Berlin */
const slotOf = ({ asset: { slot } }: LandedAsset): string =>
  slot === 'on_change' ? 'on change' : plain(slot.replace('T', ' ').replace(/\[(.*)\]$/, ' $1'));

const verdictOf = ({ asset: { verdict } }: LandedAsset): string => {
  if (!verdict) return 'none';
  const ran = verdict.rules.filter(({ result }) => result === 'pass' || result === 'fail').length;
  const warnings = verdict.findings.length === 0 ? '' : `, ${plural(verdict.findings.length, 'finding')}`;
  return `${verdict.result}, ${plural(ran, 'rule')}${warnings}${verdict.current ? '' : ', of an earlier content'}`;
};

const row = (one: LandedAsset, place: Place): string[] => {
  const { asset, how, url } = one;
  return [
    `[${code(asset.id)}](<${pathIn(place, `${folderOf(one)}/asset.yaml`)}>)`,
    how === 'sent' && url !== undefined ? link(HOW[how], url) : HOW[how],
    plain(asset.channel),
    slotOf(one),
    verdictOf(one),
    asset.verdict ? code(asset.verdict.policy.slice(0, 12)) : '',
  ];
};

const factLines = ({ asset: { facts } }: LandedAsset): string[] =>
  facts.map(({ id, statement, source, expires }) => {
    const until = expires === undefined ? '' : `, until ${plain(expires)}`;
    return `  - ${code(id)}: ${plain(statement ?? 'the brand has no such fact any more')}${source === undefined ? '' : ` (${plain(source)}${until})`}`;
  });

const isCard = ({ shown }: { readonly shown: string }): boolean => shown === 'image';

/** Why an asset is as it is, under a line that folds. */
function detail(one: LandedAsset, place: Place): string {
  const { asset, because } = one;
  const { angle, why, title = asset.id, made, verdict } = asset;
  const files = made?.files ?? [];
  const cards = files.filter(isCard);
  const findings = (verdict?.findings ?? []).map(({ rule, severity, message }) => `${severity} ${rule}: ${message}`);
  return [
    `<details><summary><code>${asset.id}</code> on ${asset.channel}</summary>`,
    '',
    `**${plain(title)}**`,
    '',
    ...cards.map(({ name, alt = title }) => `${image(alt, pictureIn(place, `${folderOf(one)}/${name}`))}\n`),
    ...(because === undefined ? [] : [`- ${HOW[one.how]}: ${plain(because)}`]),
    ...(why === undefined ? [] : [`- why: ${plain(why)}`]),
    `- pain: ${plain(angle.pain)}`,
    `- outcome: ${plain(angle.outcome)}`,
    `- proof: ${plain(angle.proof)}`,
    ...findings.map((finding) => `- ${plain(finding)}`),
    ...(asset.facts.length === 0 ? [] : ['- facts that it cites:', ...factLines(one)]),
    ...(made ? [`- content ${code(made.content.slice(0, 12))}, files: ${filesOf(one, place)}`] : []),
    '',
    '</details>',
  ].join('\n');
}

const filesOf = (one: LandedAsset, place: Place): string =>
  (one.asset.made?.files ?? [])
    .map(({ name }) => `[${code(name)}](<${pathIn(place, `${folderOf(one)}/${name}`)}>)`)
    .join(', ');

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `### ${title}`, '', ...lines];

/** A table with as many rows as fit. */
function tableWithin(head: readonly string[], rows: readonly (readonly string[])[], most: number): string {
  const cells = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const rest = head.slice(1).map(() => '');
  const lines = fitting(rows.map(cells), most, (left) => cells([`and ${left} more`, ...rest]));
  return [table(head, []), ...lines].join('\n');
}

function notesSection(notes: readonly Note[]): string[] {
  const attention = notes.filter(needsAttention);
  const rows = attention.map(({ level, scope, message }) => [
    `**${LEVEL_NAME[level]}**`,
    code(scope),
    plain(message, 400),
  ]);
  return section('Held back', rows.length === 0 ? [] : [tableWithin(['', 'Scope', 'Why'], rows, MOST.notes)]);
}

/** @returns  Markdown of at most 60,000 characters */
export function pullRequestBody(audit: LandingAudit): string {
  const { run, base, web, commit, assets, notes, changeSets } = audit;
  const rows = assets.map((one) => row(one, audit));
  const changes = changeSets.map(({ stage, scope, title, changes: files }) => [
    plain(stage),
    code(scope),
    plain(title, 200),
    String(files.length),
  ]);
  const top = [
    `Run ${code(run)} of mhub, decided on [${code(base.slice(0, 8))}](<${web}/commit/${base}>): [all changes](<${web}/compare/${base}...${commit}>).`,
    '',
    'Guard has passed what goes out, so nobody has to approve: mhub merges this itself, and calls a channel only after that. Leave the branch alone; every run writes it anew.',
    ...section(
      'Publications',
      rows.length === 0
        ? []
        : [tableWithin(['Asset', '', 'Channel', 'Slot', 'Verdict', 'Policy'], rows, MOST.publications)],
    ),
    ...notesSection(notes),
  ].join('\n');
  const below = section('Changes', [tableWithin(['Stage', 'Scope', 'What', 'Files'], changes, MOST.changes)]).join(
    '\n',
  );
  const room = MAX_BODY - top.length - below.length - 2;
  const details = fitting(
    assets.map((one) => `\n${detail(one, audit)}`),
    room,
    (left) => `\nand ${left} more, in the files of the commit`,
  );
  return [top, ...details, below].join('\n');
}
