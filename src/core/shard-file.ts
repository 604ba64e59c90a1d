/**
 * The file of one shard: everything that its calls need of the repository, so that whoever makes them needs none. What
 * several calls share, such as a brand or a template, stands in it once, under its digest.
 */
import type { EntityName, Intent, Receipt } from '../generated/entities.ts';
import { entities } from '../generated/schemas.ts';
import { isIntact } from './assets.ts';
import type { EffectOf, Files, MadeAsset, Publication, Unit } from './contracts.ts';
import type { Document } from './documents.ts';
import { Usage } from './errors.ts';
import { explain } from './explain.ts';
import { digestOf } from './hash.ts';

/** Grows when a shard of an earlier version can no longer be read. */
const VERSION = 1;

export interface ShardCall {
  readonly effect: EffectOf<'publish'>;
  readonly unit: Unit;
  /** What stands on the channel, newest first. */
  readonly published: readonly Publication[];
}

export interface Shard {
  readonly run: string;
  readonly shard: string;
  /** How often GitHub had started the run that planned it: whoever is started again alone must not call again. */
  readonly started: number;
  readonly calls: readonly ShardCall[];
}

/** Of the publications on a channel, so many go along. */
const SHOWN = 20;

/** A digest, in place of what it is the digest of. */
type Ref = string;
type Refs = Readonly<Record<string, Ref>>;

// ---- writing --------------------------------------------------------------------------------------------------------

function table() {
  const values: Record<Ref, unknown> = {};
  const known = new WeakMap<object, Ref>();
  const put = (value: unknown): Ref => {
    const ref = digestOf(value);
    values[ref] = value;
    return ref;
  };
  /** The same object is packed once. */
  const once = <T extends object>(value: T, pack: (value: T) => unknown): Ref => {
    const ref = known.get(value) ?? put(pack(value));
    known.set(value, ref);
    return ref;
  };
  const file = (content: string | Uint8Array): Ref =>
    put(typeof content === 'string' ? content : { base64: Buffer.from(content).toString('base64') });
  const files = (all: Files): Refs => Object.fromEntries([...all].map(([name, content]) => [name, file(content)]));
  const entity = <T extends object>(value: T): Ref => once(value, (same) => same);
  const each = (all: readonly object[]): readonly Ref[] => all.map(entity);
  const unit = (whole: Unit): Ref =>
    once(whole, (one) => ({
      workspace: entity(one.workspace),
      brand: entity(one.brand),
      sources: each(one.sources),
      campaign: entity(one.campaign),
      offers: each(one.offers),
      segments: each(one.segments),
      channels: each(one.channels),
      policies: each(one.policies),
      templates: once(one.templates, files),
      styles: once(one.styles, files),
      digest: one.digest,
    }));
  const made = (asset: MadeAsset): Ref =>
    once(asset, ({ id, campaign, asset: own, files: all }) => ({
      id,
      campaign,
      asset: entity(own),
      files: files(all),
    }));
  const publication = (one: Publication): Ref =>
    once(one, ({ receipt, ...asset }) => ({ made: made(asset), receipt: entity(receipt) }));
  return { values, entity, unit, made, publication };
}

/** Text of the file of a shard. */
export function writeShard({ run, shard, started, calls }: Shard): string {
  const { values, entity, unit, made, publication } = table();
  const packed = calls.map(({ effect: { intent, asset, channel }, unit: whole, published }) => ({
    intent,
    asset: made(asset),
    channel: entity(channel),
    unit: unit(whole),
    published: published.slice(0, SHOWN).map(publication),
  }));
  return `${JSON.stringify({ mhub_shard: VERSION, run, shard, started, calls: packed, values })}\n`;
}

// ---- reading --------------------------------------------------------------------------------------------------------

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with a shard; the caller says which. */
class Misshapen extends Error {}

const misshapen = (what: string): never => {
  throw new Misshapen(`${what} is not as expected`);
};

const fieldsOf = (value: unknown, what: string): Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : misshapen(what);
const textOf = (value: unknown, what: string): string => (typeof value === 'string' ? value : misshapen(what));
const listOf = (value: unknown, what: string): readonly unknown[] => (Array.isArray(value) ? value : misshapen(what));

/** @throws Misshapen with the first problem that the schema of the entity finds */
function checked(name: EntityName, value: unknown): void {
  const document: Document = { path: name, value, locate: () => ({ line: 1, column: 1 }) };
  const [problem] = explain(value, document, [], entities[name].validate);
  if (problem) throw new Misshapen(`${name}: ${problem.message}`);
}

/** Resolves what stands under a digest; the same digest gives the same object. */
class Values {
  private readonly values: Fields;
  private readonly read = new Map<string, unknown>();

  constructor(values: Fields) {
    this.values = values;
  }

  private once<T>(ref: unknown, kind: string, read: (value: unknown) => T): T {
    const id = `${kind} ${textOf(ref, kind)}`;
    if (!this.read.has(id)) {
      if (!Object.hasOwn(this.values, String(ref))) throw new Misshapen(`there is no ${kind} ${String(ref)}`);
      this.read.set(id, read(this.values[String(ref)]));
    }
    return this.read.get(id) as T;
  }

  /** An entity, but for the id that its path gave it: that is no field of its schema. */
  named<T>(name: EntityName, ref: unknown): T & { readonly id: string } {
    return this.once(ref, name, (value) => {
      const { id, ...entity } = fieldsOf(value, name);
      checked(name, entity);
      return { ...entity, id: textOf(id, `id of ${name}`) } as T & { readonly id: string };
    });
  }

  each<T>(name: EntityName, refs: unknown): readonly (T & { readonly id: string })[] {
    return listOf(refs, `list of ${name}`).map((ref) => this.named<T>(name, ref));
  }

  entity<T>(name: EntityName, ref: unknown): T {
    return this.once(ref, name, (value) => {
      checked(name, value);
      return value as T;
    });
  }

  private filesOf(refs: unknown): Files {
    const all = Object.entries(fieldsOf(refs, 'files'));
    return new Map(all.map(([name, ref]) => [name, this.once(ref, 'file', contentOf)]));
  }

  private files(ref: unknown): Files {
    return this.once(ref, 'files', (refs) => this.filesOf(refs));
  }

  unit(ref: unknown): Unit {
    return this.once(ref, 'unit', (value) => {
      const unit = fieldsOf(value, 'unit');
      return {
        workspace: this.entity('Workspace', unit['workspace']),
        brand: this.named('Brand', unit['brand']),
        sources: this.each('Source', unit['sources']),
        campaign: this.named('Campaign', unit['campaign']),
        offers: this.each('Offer', unit['offers']),
        segments: this.each('AudienceSegment', unit['segments']),
        channels: this.each('ChannelConfig', unit['channels']),
        policies: this.each('PolicyPack', unit['policies']),
        templates: this.files(unit['templates']),
        styles: this.files(unit['styles']),
        digest: textOf(unit['digest'], 'digest'),
      };
    });
  }

  made(ref: unknown): MadeAsset {
    return this.once(ref, 'asset', (value) => {
      const { id, campaign, asset, files } = fieldsOf(value, 'asset');
      return {
        id: textOf(id, 'id of an asset'),
        campaign: textOf(campaign, 'campaign of an asset'),
        asset: this.entity('Asset', asset),
        files: this.filesOf(files),
      };
    });
  }

  publication(ref: unknown): Publication {
    return this.once(ref, 'publication', (value) => {
      const { made, receipt } = fieldsOf(value, 'publication');
      return { ...this.made(made), receipt: this.entity<Receipt>('Receipt', receipt) };
    });
  }
}

function contentOf(value: unknown): string | Uint8Array {
  if (typeof value === 'string') return value;
  return new Uint8Array(Buffer.from(textOf(fieldsOf(value, 'file')['base64'], 'file'), 'base64'));
}

function callOf(value: unknown, values: Values): ShardCall {
  const { intent, asset, channel, unit, published } = fieldsOf(value, 'call');
  checked('Intent', intent);
  if ((intent as Intent).until === undefined) throw new Misshapen('an intent is not for a shard');
  const effect = {
    kind: 'publish' as const,
    intent: intent as Intent,
    asset: values.made(asset),
    channel: values.named<EffectOf<'publish'>['channel']>('ChannelConfig', channel),
  };
  const isIntended = effect.asset.asset.content === effect.intent.content && isIntact(effect.asset);
  if (!isIntended) throw new Misshapen(`the content of ${effect.intent.asset} is not that of its intent`);
  return {
    effect,
    unit: values.unit(unit),
    published: listOf(published, 'published').map((ref) => values.publication(ref)),
  };
}

/**
 * @param path  of the file, for what is said about it
 * @throws Usage when it is no shard, or one of another version
 */
export function readShard(path: string, text: string): Shard {
  try {
    const file = fieldsOf(JSON.parse(text), 'shard');
    if (file['mhub_shard'] !== VERSION) throw new Misshapen(`it is no shard of version ${VERSION}`);
    const values = new Values(fieldsOf(file['values'], 'values'));
    const { started } = file;
    return {
      run: textOf(file['run'], 'run'),
      shard: textOf(file['shard'], 'shard'),
      started: typeof started === 'number' ? started : misshapen('started'),
      calls: listOf(file['calls'], 'calls').map((call) => callOf(call, values)),
    };
  } catch (error) {
    if (error instanceof Misshapen || error instanceof SyntaxError) {
      throw new Usage(`cannot read ${path} as a shard: ${error.message}`);
    }
    throw error;
  }
}
