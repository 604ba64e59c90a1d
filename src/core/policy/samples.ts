/** Samples of packs: small texts that a rule must pass or fail, each in the sample workspace with what it changes. */
import type { AssetKindId, Finding, PolicyPack } from '../../generated/entities.ts';
import type { Deadline, Fact, GuardDocument, Named, RuleContext, Unit } from '../contracts.ts';
import { documentOf } from '../document.ts';
import { show } from '../explain.ts';
import { fixedCopy } from '../fixes.ts';
import { canonicalJson } from '../hash.ts';
import { type MailHeaders, subjectPart } from '../mail.ts';
import { epochOf, toInstant } from '../time.ts';
import { type EffectiveRule, type FindPack, rulesOfPack, variantName, variantParts } from './effective.ts';
import type { Given } from './given.ts';
import { type Judged, judgeAll, type RuleTypes } from './judge.ts';
import { exampleChannel, exampleContextWith, exampleUnit } from './sample.ts';
import { splitRule } from './tighten.ts';

export type Sample = NonNullable<PolicyPack['samples']>[number];

// ---- from a sample to a document and its surroundings ----------------------------------------------------------------

const isHtml = (text: string): boolean => text.trimStart().startsWith('<');

const kindOf = ({ kind }: Given, rule: EffectiveRule, text: string): AssetKindId =>
  kind ?? rule.kinds?.[0] ?? (isHtml(text) ? 'landing_page' : 'social_post');

/** File of the kind that a text stands for. */
function fileFor(kind: AssetKindId, text: string): string {
  const name = { landing_page: 'index', email: 'message', social_post: 'post', one_pager: 'one-pager' }[kind];
  return `${name}.${isHtml(text) ? 'html' : 'txt'}`;
}

function documentFor(kind: AssetKindId, text: string, { headers, text: plain }: Given): GuardDocument {
  const files = new Map([[fileFor(kind, text), text]]);
  if (plain !== undefined) files.set('message.txt', plain);
  const document = documentOf(kind, files);
  if (!headers) return document;
  const lowered: MailHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const heads = lowered['subject'] === undefined ? [] : [subjectPart(lowered['subject'])];
  return { ...document, parts: [...document.parts, ...heads], headers: lowered };
}

/** A fact that a sample states: cited, and checked on the day of the example workspace's own. */
const factOf = (fact: NonNullable<Given['facts']>[number], index: number): Fact => ({
  id: `given-${index + 1}`,
  source: 'docs/given.md',
  checked: '2026-11-01',
  ...fact,
});

function unitFor(given: Given, channel: Unit['channels'][number], kind: AssetKindId, facts: readonly Fact[]): Unit {
  const { brand, campaign, channels, offers } = exampleUnit;
  const { locale = brand.locale, price, jurisdictions } = given;
  const isThere = channels.some(({ id }) => id === channel.id);
  return {
    ...exampleUnit,
    brand: {
      ...brand,
      locale,
      facts: [...brand.facts.filter(({ id }) => !facts.some((fact) => fact.id === id)), ...facts],
    },
    campaign: {
      ...campaign,
      locales: [locale],
      ...(jurisdictions ? { jurisdictions: [...jurisdictions] } : {}),
      schedule: [...campaign.schedule, { channel: channel.id, asset: kind, on_change: true }],
    },
    channels: isThere ? channels : [...channels, channel],
    offers: price ? offers.map((offer) => ({ ...offer, price })) : offers,
  };
}

function contextFor(given: Given, rule: EffectiveRule, kind: AssetKindId): RuleContext {
  const usual = exampleChannel[kind];
  const id = given.channel ?? rule.channels?.[0] ?? usual.id;
  const channel = exampleUnit.channels.find((one) => one.id === id) ?? { ...usual, id };
  const facts = (given.facts ?? []).map(factOf);
  const unit = unitFor(given, channel, kind, facts);
  const base = exampleContextWith();
  return {
    ...base,
    unit,
    channel,
    limits: kind === 'social_post' ? base.limits : {},
    locale: unit.brand.locale,
    jurisdictions: given.jurisdictions,
    facts: [...base.facts.filter(({ id: known }) => !facts.some((fact) => fact.id === known)), ...facts],
    ...(given.day === undefined ? {} : { now: `${given.day}T09:00:00Z` }),
    ...(given.due === undefined ? {} : { due: toInstant(epochOf(given.due)) }),
    sent: (given.sent ?? []).map((instant) => toInstant(epochOf(instant))),
    observed: given.observed ?? {},
  };
}

// ---- judging ---------------------------------------------------------------------------------------------------------

export interface SampleRun {
  readonly types: RuleTypes;
  readonly within: Deadline;
}

/** What some rules say of a sample of the first of them. */
function judgeSample(
  rules: readonly EffectiveRule[],
  { pass, fail = '', given = {} }: Sample,
  run: SampleRun,
): Judged[] {
  const [rule] = rules;
  if (!rule) return [];
  const told: Given = given;
  const text = pass ?? fail;
  const kind = kindOf(told, rule, text);
  const context = contextFor(told, rule, kind);
  const subject = {
    document: documentFor(kind, text, told),
    channel: context.channel.id,
    campaign: rule.campaigns?.[0] ?? context.unit.campaign.id,
  };
  return judgeAll({ packs: [], rules, hash: '' }, run.types, subject, context, run.within);
}

const byPlace = (a: Finding, b: Finding): number => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

/** A text after its safe fixes, made as Make makes them. */
const fixedText = (text: string, findings: readonly Finding[]): string =>
  fixedCopy([{ slot: 'sample', text, facts: [] }], findings)?.copy.blocks[0]?.text ?? text;

/** What is wrong with what a rule said of a sample; undefined when it is as it should be. */
function deviation(sample: Sample, [judged]: readonly Judged[]): string | undefined {
  if (!judged) return 'no rule of this name is judged';
  const { outcome, findings } = judged;
  const { result, why = '' } = outcome;
  if (result === 'error' || result === 'not-evaluated') return `${result}: ${why}`;
  const [first] = findings.toSorted(byPlace);
  if (sample.pass !== undefined) {
    return first && `expected to pass, found at ${first.line}:${first.column}: ${first.message}`;
  }
  if (!first)
    return result === 'pass' ? 'expected to fail, passed' : 'expected to fail, but the rule does not apply to it';
  const at = `${first.line}:${first.column}`;
  if (sample.at !== undefined && sample.at !== at) return `expected the first finding at ${sample.at}, found at ${at}`;
  if (sample.fixed === undefined) return undefined;
  const fixed = fixedText(sample.fail ?? '', findings);
  return fixed === sample.fixed ? undefined : `expected ${show(sample.fixed)} after its fixes, got ${show(fixed)}`;
}

export interface SampleResult {
  /** Index in the pack's list. */
  readonly index: number;
  readonly rule: string;
  readonly expected: 'pass' | 'fail';
  readonly ok: boolean;
  /** What came out instead. */
  readonly why?: string;
}

export interface RuleProof {
  /** As in the effective policy. */
  readonly rule: string;
  readonly type: string;
  /**
   * samples: those of the pack; tightened: those of the rule that a variant tightens, whose params it keeps; examples:
   * the type's own, since the rule has no params; none: nothing proves it.
   */
  readonly by: 'samples' | 'tightened' | 'examples' | 'style' | 'none';
  readonly pass: number;
  readonly fail: number;
  /** Samples that turn red when the rule, or what it looks for, is taken away; 0: nobody would notice. */
  readonly bites: number;
}

export interface PackProof {
  readonly pack: string;
  readonly version: string;
  readonly rules: readonly RuleProof[];
  readonly samples: readonly SampleResult[];
}

/** Name that a sample of a pack means in the effective policy. */
const targetOf = (pack: string, rule: string): string =>
  rule.includes('/') ? variantName(rule, pack) : `${pack}/${rule}`;

/** The type's own examples with the rule's params, for a rule that adds none. */
function exampleProof({ name, type, params }: EffectiveRule, { types, within }: SampleRun): RuleProof {
  const rule = types.get(type);
  const { pass = [], fail = [] } = rule?.examples ?? {};
  const plain = (examples: typeof pass) => examples.filter((example) => Object.keys(example.with ?? {}).length === 0);
  const judged = plain(fail).filter((example) => {
    const { kind, files, headers, context } = example;
    const document = { ...documentOf(kind, new Map(Object.entries(files))), ...(headers ? { headers } : {}) };
    const found = within(() => rule?.check(document, params, exampleContextWith(context)));
    return Array.isArray(found) && found.length > 0;
  });
  return { rule: name, type, by: 'examples', pass: plain(pass).length, fail: plain(fail).length, bites: judged.length };
}

/** Whether a variant finds what its rule finds, but weighs it otherwise or looks in more places. */
const reachesFurther = (variant: EffectiveRule, rule: EffectiveRule): boolean =>
  canonicalJson(variant.params) === canonicalJson(rule.params) &&
  canonicalJson([variant.severity, variant.kinds, variant.channels]) !==
    canonicalJson([rule.severity, rule.kinds, rule.channels]);

/** The sample where the rule itself is asked: its variant may name other kinds and channels first. */
const placedFor = (rule: EffectiveRule, sample: Sample): Sample => {
  const { pass, fail = '', given = {} } = sample;
  const kind = kindOf(given, rule, pass ?? fail);
  return { ...sample, given: { ...given, kind, channel: contextFor(given, rule, kind).channel.id } };
};

/** A variant by the samples of the rule that it tightens. */
function tightenedProof(
  variant: EffectiveRule,
  rule: EffectiveRule,
  samples: readonly Sample[],
  run: SampleRun,
): RuleProof {
  const proven = samples.filter((sample) => {
    const placed = placedFor(rule, sample);
    return deviation(placed, judgeSample([variant], placed, run)) === undefined;
  });
  const [pass, fail] = [proven.filter((one) => one.pass !== undefined), proven.filter((one) => one.fail !== undefined)];
  const { name, type } = variant;
  const by = fail.length > 0 ? 'tightened' : 'none';
  return { rule: name, type, by, pass: pass.length, fail: fail.length, bites: fail.length };
}

/** Runs the samples of one pack, and takes each rule away to see that they notice. */
export function provePack(pack: Named<PolicyPack>, find: FindPack, styles: Unit['styles'], run: SampleRun): PackProof {
  const rules = rulesOfPack(pack, find, styles);
  const samples = pack.samples ?? [];
  const ruleFor = (sample: Sample) => rules.find(({ name }) => name === targetOf(pack.id, sample.rule));
  const results = samples.map((sample, index): SampleResult => {
    const rule = ruleFor(sample);
    const why = deviation(sample, judgeSample(rule ? [rule] : [], sample, run));
    const expected = sample.pass === undefined ? 'fail' : 'pass';
    return { index, rule: sample.rule, expected, ok: why === undefined, ...(why === undefined ? {} : { why }) };
  });

  /** The rule of another pack, by its full name. */
  function foreignRule(
    rule: string,
  ): { readonly rule: EffectiveRule; readonly samples: readonly Sample[] } | undefined {
    const { pack: owner, rule: id } = splitRule(rule);
    const extended = find(owner);
    const found = extended && rulesOfPack(extended, find, styles).find(({ name }) => name === rule);
    return found && { rule: found, samples: (extended.samples ?? []).filter((one) => one.rule === id) };
  }

  /** What judges a sample of a variant when the variant is not there: the rule that it tightens. */
  function withoutRule({ rule }: Sample): EffectiveRule[] {
    const tightened = rule.includes('/') ? foreignRule(rule) : undefined;
    return tightened ? [tightened.rule] : [];
  }

  /** No text tells such a variant from its rule, so what proves that the rule finds something proves it as well. */
  function byTightened(rule: EffectiveRule): RuleProof | undefined {
    const { base, by } = variantParts(rule.name);
    const tightened = by === undefined ? undefined : foreignRule(base);
    if (!tightened || !reachesFurther(rule, tightened.rule)) return undefined;
    if (Object.keys(rule.params).length === 0) return exampleProof(rule, run);
    return tightenedProof(rule, tightened.rule, tightened.samples, run);
  }

  const proofs = rules.map((rule): RuleProof => {
    const { name, type, params } = rule;
    const own = samples.flatMap((sample, index) =>
      ruleFor(sample) === rule ? [{ sample, ok: results[index]?.ok }] : [],
    );
    const isOfStyle = !name.includes('@') && !pack.rules.some(({ id }) => name === `${pack.id}/${id}`);
    if (own.length === 0 && isOfStyle) return { rule: name, type, by: 'style', pass: 0, fail: 0, bites: 0 };
    if (own.length === 0 && Object.keys(params).length === 0) return exampleProof(rule, run);
    const bites = own.filter(
      ({ sample, ok }) => ok && deviation(sample, judgeSample(withoutRule(sample), sample, run)) !== undefined,
    );
    const proof: RuleProof = {
      ...{ rule: name, type, by: own.length > 0 ? 'samples' : 'none' },
      pass: own.filter(({ sample }) => sample.pass !== undefined).length,
      fail: own.filter(({ sample }) => sample.fail !== undefined).length,
      bites: bites.filter(({ sample }) => sample.fail !== undefined).length,
    };
    return proof.bites > 0 ? proof : (byTightened(rule) ?? proof);
  });
  return { pack: pack.id, version: pack.version, rules: proofs, samples: results };
}

/** Rules that could be taken away without any sample turning red; rules of imported styles are proven by their authors. */
export const unproven = ({ rules }: PackProof): readonly RuleProof[] =>
  rules.filter(({ by, bites }) => by !== 'style' && bites === 0);
