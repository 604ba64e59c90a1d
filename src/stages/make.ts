import { activityOf } from '../core/activity.ts';
import { assetFolder, type DueAsset, dueAssets, isIntact, MAX_ATTEMPTS, onePagerStands } from '../core/assets.ts';
import { briefDigest, briefOf, copyProblems, type PlannedAsset, partsOf } from '../core/brief.ts';
import type {
  AssetKind,
  Brief,
  CampaignInput,
  Copy,
  Drawing,
  EffectOf,
  FileChange,
  Files,
  Note,
  Outcome,
  RenderContext,
  Stage,
} from '../core/contracts.ts';
import { stringifyDocument } from '../core/documents.ts';
import { type FixedCopy, fixedCopy } from '../core/fixes.ts';
import { digestOf, filesDigest, sha256 } from '../core/hash.ts';
import { isUsed } from '../core/ledger.ts';
import { answersIn, bookings, commissionAll, haltsFor, reserve, type Wanted } from '../core/model/commission.ts';
import { once } from '../core/once.ts';
import { effectivePolicy } from '../core/policy/effective.ts';
import { pendingAssets } from '../core/policy/pending.ts';
import { isUntimelyOnly } from '../core/policy/timing.ts';
import { liveContents } from '../core/recall.ts';
import { limitsOf } from '../core/room.ts';
import type { Asset } from '../generated/entities.ts';

const REMEMBERED_POSTS = 40;

/** A brief with the plan entry it comes from. */
interface Order {
  readonly due: DueAsset;
  readonly kind: AssetKind;
  readonly brief: Brief;
  readonly digest: string;
  /** Whether a page on its channel can lead to a one-pager there. */
  readonly hasOnePager: boolean;
  /** Copy that only needed the replacements that Guard is sure of; nobody is asked to write. */
  readonly fixed?: FixedCopy;
  /** Copy that stays: a page only leads elsewhere. */
  readonly kept?: Copy;
}

/** The kind of a plan entry, with slots that fit where it goes. */
function kindFor(input: CampaignInput, entry: PlannedAsset): AssetKind {
  const kind = input.plugins.assets.get(entry.kind);
  if (!kind) throw new RangeError(`no asset kind ${entry.kind}`);
  return { ...kind, slots: kind.slotsFor?.(placeOf(input, entry)) ?? kind.slots };
}

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

/**
 * What stands in public and Guard has yet to judge by what holds now. Written anew first, nobody would know any more
 * whether it may stay until the next revision, or without one.
 */
function awaitingGuard(input: CampaignInput): ReadonlySet<string> {
  const policy = effectivePolicy(input.unit);
  const live = liveContents(input);
  return new Set(
    pendingAssets(input, policy)
      .filter(({ made }) => live.get(made.id) === made.asset.content)
      .filter(({ verdict, grounds }) => verdict?.policy !== policy.hash || verdict.grounds !== grounds)
      .map(({ made }) => made.id),
  );
}

/**
 * What to write now: a first draft where there is none for the present brief, a repair where Guard denied and attempts
 * are left. Attempts are counted from the verdict, so that a killed run wins none.
 */
function orderOf(
  input: CampaignInput,
  due: DueAsset,
  hasOnePager = onePagerStands(input, due.entry.channel),
): Order | undefined {
  if (isUsed(input.unit.campaign.id, due.entry, input.state)) return undefined;
  const kind = kindFor(input, due.entry);
  const used = usedCopy(input, due);
  const draft = (attempt: number, findings: Brief['findings'], denied?: Copy['blocks']) =>
    briefOf(input.unit, due.entry, kind, input.now, used, { attempt, findings, ...(denied && { draft: denied }) });
  const first = draft(1, []);
  const digest = briefDigest(first, input.unit, kind, hasOnePager);
  const order = { due, kind, digest, hasOnePager };
  const { made, verdict } = due;
  if (made && made.asset.brief !== digest && made.asset.brief === briefDigest(first, input.unit, kind, !hasOnePager)) {
    return { ...order, brief: draft(made.asset.attempt, []), kept: { blocks: made.asset.copy } };
  }
  if (!made || made.asset.brief !== digest) return { ...order, brief: first };
  const denied = verdict?.result === 'deny' && verdict.content === made.asset.content && isIntact(made);
  // Its words are not to blame for its time.
  if (!denied || isUntimelyOnly(effectivePolicy(input.unit), verdict)) return undefined;
  const fixed = made.asset.fixes ? undefined : fixedCopy(made.asset.copy, verdict.findings);
  if (fixed) return { ...order, brief: draft(verdict.attempt, []), fixed };
  if (verdict.attempt >= MAX_ATTEMPTS) return undefined;
  return { ...order, brief: draft(verdict.attempt + 1, verdict.findings, made.asset.copy) };
}

const ordersOf = once((input: CampaignInput): readonly Order[] => {
  if (!activityOf(input.unit, input.state.signals, input.now).active) return [];
  const waiting = awaitingGuard(input);
  return dueAssets(input)
    .filter(({ entry }) => !waiting.has(entry.asset))
    .flatMap((due) => orderOf(input, due) ?? []);
});

/** Orders that a copy engine carries out. */
const writingOrders = (input: CampaignInput): Order[] => ordersOf(input).filter(({ fixed, kept }) => !fixed && !kept);

/** Where an asset goes, and what it may show there beyond its copy. */
function placeOf({ unit, plugins }: CampaignInput, entry: PlannedAsset): Omit<RenderContext, 'template'> {
  const channel = unit.channels.find(({ id }) => id === entry.channel);
  if (!channel) throw new RangeError(`no channel ${entry.channel}`);
  return {
    unit,
    ...partsOf(unit, entry),
    channel,
    medium: plugins.channels.get(channel.adapter)?.medium ?? 'site',
    limits: limitsOf(channel, plugins),
    asset: {
      id: entry.asset,
      ...(entry.arm ? { arm: entry.arm } : {}),
      ...(entry.path === undefined ? {} : { path: entry.path }),
    },
  };
}

const wantedOf = once((input: CampaignInput): readonly Wanted[] =>
  writingOrders(input).map(({ brief, due }) => ({ brief, channel: due.entry.channel })),
);

const commissionsOf = once((input: CampaignInput) => commissionAll(input, wantedOf(input)));

/** What the kind makes of the copy, before anything is drawn from it. */
const rendered = (input: CampaignInput, { due: { entry }, kind, hasOnePager }: Order, copy: Copy): Files =>
  kind.render(copy, { ...placeOf(input, entry), hasOnePager, template: (path) => templateOf(input, path) });

const templateOf = ({ unit }: CampaignInput, path: string): string => {
  const text = unit.templates.get(path);
  if (typeof text !== 'string') throw new RangeError(`template ${path} is missing`);
  return text;
};

const drawingsOf = ({ drawings = [] }: AssetKind): readonly Drawing[] => drawings;

/** What stands in the asset: what was rendered, without what was only there to be drawn from, and what was drawn. */
function standing(kind: AssetKind, files: Files, drawn: Files): Files {
  const dropped = new Set(drawingsOf(kind).flatMap(({ from, keep }) => (keep ? [] : [from])));
  return new Map([...[...files].filter(([name]) => !dropped.has(name)), ...drawn]);
}

function produce(
  input: CampaignInput,
  { due, kind, brief, digest, fixed, kept }: Order,
  copy: Copy,
  files: Files,
): FileChange[] {
  const { unit } = input;
  const { entry, made } = due;
  const [mainTemplate = ''] = kind.templates;
  const fixes = fixed?.fixes ?? (kept && made?.asset.fixes);
  const asset: Asset = {
    kind: kind.id,
    channel: entry.channel,
    slot: entry.slot,
    ...(entry.arm ? { arm: entry.arm } : {}),
    ...(entry.path === undefined ? {} : { path: entry.path }),
    attempt: brief.attempt,
    ...(fixes ? { fixes: [...fixes] } : {}),
    engine: (kept && made?.asset.engine) ?? unit.workspace.engine,
    brief: digest,
    plan: digestOf(entry),
    template: { path: mainTemplate, sha256: sha256(templateOf(input, mainTemplate)) },
    angle: entry.angle,
    title: kind.title(copy),
    facts: [...new Set([...copy.blocks.flatMap(({ facts }) => facts), brief.price.id])].sort(),
    signals: input.state.plan?.signals ?? [],
    copy: [...copy.blocks],
    files: [...files].map(([name, content]) => ({ name, sha256: sha256(content) })),
    content: filesDigest(files),
  };
  const folder = assetFolder(unit.campaign.id, entry.asset);
  const because = fixed
    ? `${fixed.fixes.length} safe fix${fixed.fixes.length === 1 ? '' : 'es'}`
    : kept
      ? 'it links to something else'
      : brief.attempt === 1
        ? `${kind.id} for ${entry.slot}`
        : `repair ${brief.attempt - 1} of ${MAX_ATTEMPTS - 1}`;
  const stale = [...(made?.files.keys() ?? [])].filter((name) => !files.has(name));
  return [
    { path: `${folder}/asset.yaml`, content: stringifyDocument(asset), because },
    ...[...files].map(([name, content]) => ({ path: `${folder}/${name}`, content, because })),
    ...stale.map((name) => ({ path: `${folder}/${name}`, content: null, because: 'no longer made' })),
  ];
}

/** Copy that is there: fixed, or written and kept to the brief. */
interface Ready {
  readonly order: Order;
  readonly copy: Copy;
}

type MakeOutcome = Outcome<'generate' | 'draw'>;

const outcomesOf = <K extends 'generate' | 'draw'>(outcomes: readonly MakeOutcome[], kind: K): Outcome<K>[] =>
  outcomes.filter(({ effect }) => effect.kind === kind) as Outcome<K>[];

/** Copy to make assets of, and what is to be said of the rest. */
function readyCopy(input: CampaignInput, outcomes: readonly MakeOutcome[]): { ready: Ready[]; notes: Note[] } {
  const scope = input.unit.campaign.id;
  const orders = ordersOf(input);
  const ready: Ready[] = orders.flatMap((order) => {
    const copy = order.fixed?.copy ?? order.kept;
    return copy ? [{ order, copy }] : [];
  });
  const notes: Note[] = [];
  for (const outcome of outcomesOf(outcomes, 'generate')) {
    const { brief, engine } = outcome.effect;
    const order = orders.find(({ brief: { asset } }) => asset.id === brief.asset.id);
    if (!order) continue;
    if (outcome.status === 'blocked') {
      notes.push({ level: 'blocked', scope, message: `engine ${engine}: ${outcome.todo}` });
      continue;
    }
    if (outcome.status === 'failed' && outcome.held) {
      notes.push({ level: 'waiting', scope, message: `${brief.asset.id} is not written: ${outcome.reason}` });
      continue;
    }
    const problems = outcome.status === 'failed' ? [outcome.reason] : copyProblems(brief, outcome.value.copy);
    if (outcome.status === 'failed' || problems.length > 0) {
      notes.push({ level: 'failed', scope, message: `${brief.asset.id}: ${problems.join('; ')}` });
    } else ready.push({ order, copy: outcome.value.copy });
  }
  return { ready, notes };
}

const drawnFor = ({ order }: Ready, outcomes: readonly MakeOutcome[]): Outcome<'draw'> | undefined =>
  outcomesOf(outcomes, 'draw').find(({ effect }) => effect.asset === order.brief.asset.id);

/** Pages lead to a one-pager that was printed in the same turn: those made in this turn, and those that stand. */
function besidePaper(input: CampaignInput, ready: readonly Ready[], outcomes: readonly MakeOutcome[]): Ready[] {
  const printed = ready
    .filter((one) => one.order.kind.id === 'one_pager' && drawnFor(one, outcomes)?.status === 'done')
    .map(({ order }) => order.due.entry.channel);
  if (printed.length === 0) return [...ready];
  const isBeside = ({ entry }: DueAsset): boolean => printed.includes(entry.channel);
  const waiting = awaitingGuard(input);
  const isLeft = ({ entry }: DueAsset): boolean =>
    !waiting.has(entry.asset) && !ready.some(({ order }) => order.due.entry.asset === entry.asset);
  const again = dueAssets(input)
    .filter((due) => isBeside(due) && isLeft(due))
    .flatMap((due): Ready[] => {
      const order = orderOf(input, due, true);
      return order?.kept ? [{ order, copy: order.kept }] : [];
    });
  const made = ready.map(({ order, copy }) => {
    if (!isBeside(order.due)) return { order, copy };
    const digest = briefDigest(order.brief, input.unit, order.kind, true);
    return { order: { ...order, digest, hasOnePager: true }, copy };
  });
  return [...made, ...again];
}

/** Files of an asset with what was drawn for it; undefined while that is not there. */
function completed(input: CampaignInput, one: Ready, outcomes: readonly MakeOutcome[]): Files | string {
  const { order, copy } = one;
  const files = rendered(input, order, copy);
  if (drawingsOf(order.kind).length === 0) return files;
  const drawn = drawnFor(one, outcomes);
  if (drawn?.status === 'done') return standing(order.kind, files, drawn.value);
  return drawn === undefined ? 'nothing was drawn' : drawn.status === 'blocked' ? drawn.todo : drawn.reason;
}

export const stage: Stage<'generate' | 'draw'> = {
  name: 'make',

  plan: (input) => commissionsOf(input).effects,

  intend: (input, effects) => reserve(input, commissionsOf(input), effects),

  follow: (input, outcomes): EffectOf<'draw'>[] =>
    readyCopy(input, outcomes).ready.flatMap(({ order, copy }) => {
      const drawings = drawingsOf(order.kind);
      const asset = order.brief.asset.id;
      return drawings.length === 0 ? [] : [{ kind: 'draw', asset, files: rendered(input, order, copy), drawings }];
    }),

  fold(input, outcomes) {
    const scope = input.unit.campaign.id;
    const { ready, notes } = readyCopy(input, outcomes);
    notes.push(...commissionsOf(input).notes);
    const written = outcomesOf(outcomes, 'generate');
    const changes = [
      ...bookings(input, written),
      ...answersIn(input, written),
      ...haltsFor(input, wantedOf(input), written),
    ];
    let made = 0;
    for (const one of besidePaper(input, ready, outcomes)) {
      const files = completed(input, one, outcomes);
      if (typeof files === 'string') {
        notes.push({ level: 'blocked', scope, message: `${one.order.brief.asset.id}: ${files}` });
        continue;
      }
      changes.push(...produce(input, one.order, one.copy, files));
      made += 1;
    }
    const title = `${scope}, ${made} asset${made === 1 ? '' : 's'}`;
    return { changeSet: { stage: 'make', scope, title, changes }, notes };
  },
};
