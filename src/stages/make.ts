import { activityOf } from '../core/activity.ts';
import { assetFolder, type DueAsset, dueAssets, isIntact, MAX_ATTEMPTS } from '../core/assets.ts';
import { briefDigest, briefOf, copyProblems, partsOf } from '../core/brief.ts';
import type { AssetKind, Brief, CampaignInput, Copy, EffectOf, FileChange, Note, Stage } from '../core/contracts.ts';
import { stringifyDocument } from '../core/documents.ts';
import { digestOf, filesDigest, sha256 } from '../core/hash.ts';
import { isTaken, publicationKey } from '../core/ledger.ts';
import type { Asset } from '../generated/entities.ts';

const REMEMBERED_POSTS = 40;

/** A brief with the plan entry it comes from. */
interface Order {
  readonly due: DueAsset;
  readonly kind: AssetKind;
  readonly brief: Brief;
  readonly digest: string;
}

const kindOf = (input: CampaignInput, id: string): AssetKind => {
  const kind = input.plugins.assets.get(id);
  if (!kind) throw new RangeError(`no asset kind ${id}`);
  return kind;
};

/** Copy of the same kind that went out before, newest first; pages stand alone. */
function usedCopy({ unit, state }: CampaignInput, { entry }: DueAsset): string[] {
  if (entry.slot === 'on_change') return [];
  const sent = state.receipts.filter(({ campaign, asset }) => campaign === unit.campaign.id && asset !== entry.asset);
  return sent
    .flatMap((receipt) => state.assets.filter(({ id, asset }) => id === receipt.asset && asset.kind === entry.kind))
    .reverse()
    .slice(0, REMEMBERED_POSTS)
    .flatMap(({ asset }) => asset.copy.map(({ text }) => text));
}

const wentOutAlready = ({ unit, state }: CampaignInput, { entry }: DueAsset): boolean =>
  entry.slot !== 'on_change' &&
  isTaken(publicationKey(unit.campaign.id, entry.asset, entry.channel, entry.slot), state.receipts, state.intents);

/**
 * What to write now: a first draft where there is none for the present brief, a repair where Guard denied and attempts
 * are left. Attempts are counted from the verdict, so that a killed run wins none.
 */
function orderOf(input: CampaignInput, due: DueAsset): Order | undefined {
  if (wentOutAlready(input, due)) return undefined;
  const kind = kindOf(input, due.entry.kind);
  const used = usedCopy(input, due);
  const draft = (attempt: number, findings: Brief['findings']) =>
    briefOf(input.unit, due.entry, kind, input.now, used, { attempt, findings });
  const first = draft(1, []);
  const digest = briefDigest(first, input.unit, kind);
  const { made, verdict } = due;
  if (!made || made.asset.brief !== digest) return { due, kind, brief: first, digest };
  const denied = verdict?.result === 'deny' && verdict.content === made.asset.content && isIntact(made);
  if (!denied || verdict.attempt >= MAX_ATTEMPTS) return undefined;
  return { due, kind, brief: draft(verdict.attempt + 1, verdict.findings), digest };
}

const ordersOf = (input: CampaignInput): Order[] =>
  activityOf(input.unit, input.state.signals, input.now).active
    ? dueAssets(input).flatMap((due) => orderOf(input, due) ?? [])
    : [];

function produce(input: CampaignInput, { due, kind, brief, digest }: Order, copy: Copy): FileChange[] {
  const { unit } = input;
  const { entry, made } = due;
  const channel = unit.channels.find(({ id }) => id === entry.channel);
  if (!channel) throw new RangeError(`no channel ${entry.channel}`);
  const template = (path: string): string => {
    const text = unit.templates.get(path);
    if (typeof text !== 'string') throw new RangeError(`template ${path} is missing`);
    return text;
  };
  const files = kind.render(copy, {
    unit,
    ...partsOf(unit, entry),
    channel,
    medium: input.plugins.channels.get(channel.adapter)?.medium ?? 'site',
    asset: {
      id: entry.asset,
      ...(entry.arm ? { arm: entry.arm } : {}),
      ...(entry.path === undefined ? {} : { path: entry.path }),
    },
    template,
  });
  const [mainTemplate = ''] = kind.templates;
  const asset: Asset = {
    kind: kind.id,
    channel: entry.channel,
    slot: entry.slot,
    ...(entry.arm ? { arm: entry.arm } : {}),
    ...(entry.path === undefined ? {} : { path: entry.path }),
    attempt: brief.attempt,
    engine: unit.workspace.engine,
    brief: digest,
    plan: digestOf(entry),
    template: { path: mainTemplate, sha256: sha256(template(mainTemplate)) },
    angle: entry.angle,
    title: kind.title(copy),
    facts: [...new Set([...copy.blocks.flatMap(({ facts }) => facts), brief.price.id])].sort(),
    signals: input.state.plan?.signals ?? [],
    copy: [...copy.blocks],
    files: [...files].map(([name, content]) => ({ name, sha256: sha256(content) })),
    content: filesDigest(files),
  };
  const folder = assetFolder(unit.campaign.id, entry.asset);
  const because =
    brief.attempt === 1 ? `${kind.id} for ${entry.slot}` : `repair ${brief.attempt - 1} of ${MAX_ATTEMPTS - 1}`;
  const stale = [...(made?.files.keys() ?? [])].filter((name) => !files.has(name));
  return [
    { path: `${folder}/asset.yaml`, content: stringifyDocument(asset), because },
    ...[...files].map(([name, content]) => ({ path: `${folder}/${name}`, content, because })),
    ...stale.map((name) => ({ path: `${folder}/${name}`, content: null, because: 'no longer made' })),
  ];
}

export const stage: Stage<'generate'> = {
  name: 'make',

  plan: (input): EffectOf<'generate'>[] =>
    ordersOf(input).map(({ brief }) => ({ kind: 'generate', engine: input.unit.workspace.engine, brief })),

  fold(input, outcomes) {
    const scope = input.unit.campaign.id;
    const orders = new Map(ordersOf(input).map((order) => [order.brief.asset.id, order]));
    const changes: FileChange[] = [];
    const notes: Note[] = [];
    let made = 0;
    for (const outcome of outcomes) {
      const { brief, engine } = outcome.effect;
      const order = orders.get(brief.asset.id);
      if (!order) continue;
      if (outcome.status === 'blocked') {
        notes.push({ level: 'blocked', scope, message: `engine ${engine}: ${outcome.todo}` });
        continue;
      }
      const problems = outcome.status === 'failed' ? [outcome.reason] : copyProblems(brief, outcome.value);
      if (outcome.status === 'failed' || problems.length > 0) {
        notes.push({ level: 'failed', scope, message: `${brief.asset.id}: ${problems.join('; ')}` });
        continue;
      }
      changes.push(...produce(input, order, outcome.value));
      made += 1;
    }
    const title = `${scope}, ${made} asset${made === 1 ? '' : 's'}`;
    return { changeSet: { stage: 'make', scope, title, changes }, notes };
  },
};
