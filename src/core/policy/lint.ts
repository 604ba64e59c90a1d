/** What no schema can say of a policy pack: between its own lists, and between it and the packs that it builds on. */
import type { PolicyPack } from '../../generated/entities.ts';
import type { Files, Named, Rule } from '../contracts.ts';
import { type Pointer, parseDocument } from '../documents.ts';
import type { Problem } from '../errors.ts';
import { nameOf, show } from '../explain.ts';
import { expectedOneOf } from '../suggest.ts';
import { styleRules } from '../vale/style.ts';
import { isStyleRule, type PackRule, severityIn } from './effective.ts';
import { givenFaults } from './given.ts';
import { fitsVersion, foundationsOf, isEarlier, layersBefore } from './layers.ts';

import { onlyTighten, splitRule, type Tightening, variantOf, weakeningsOf } from './tighten.ts';

/** What is wrong, and where in the pack. */
export interface Fault {
  readonly pointer: Pointer;
  readonly message: string;
  readonly at?: 'key';
}

/** Faults at their places in the file of the pack. */
export function placed(path: string, content: Uint8Array | string, faults: readonly Fault[]): Problem[] {
  if (faults.length === 0) return [];
  const parsed = parseDocument(path, content);
  const place = ({ pointer, at }: Fault) =>
    parsed.ok ? parsed.document.locate(pointer, at ?? 'value') : { line: 1, column: 1 };
  return faults.map((fault) => ({ file: path, ...place(fault), message: fault.message }));
}

type Pack = Named<PolicyPack>;

/** What of a rule type is asked of packs. */
export type RuleType = Pick<Rule, 'tighten' | 'lint'>;

export interface PackSurroundings {
  /** Channels and campaigns of the workspace. */
  readonly channels: readonly string[];
  readonly campaigns: readonly string[];
  /** Another pack; undefined when there is none, or none that can be read. */
  readonly find: (id: string) => Pack | undefined;
  readonly styles: Files;
  /** By id. Params of types that are not there cannot be tightened, and are not linted. */
  readonly types: ReadonlyMap<string, RuleType>;
}

/** A tightening that may be judged, with what it makes of its rule. */
export interface SoundTightening {
  readonly index: number;
  readonly tightening: Tightening;
  readonly variant: PackRule;
}

export interface PackReview {
  readonly faults: readonly Fault[];
  readonly tightenings: readonly SoundTightening[];
}

const fault = (pointer: Pointer, message: string, at?: 'key'): Fault => ({ pointer, message, ...(at ? { at } : {}) });

const unknown = (pointer: Pointer, value: string, known: readonly string[], none: string): Fault =>
  fault(pointer, `${nameOf(pointer)} is ${show(value)}${expectedOneOf(value, known, none)}`);

/** A rule for a channel or campaign that nobody has would silently protect nothing. */
function scopeFaults(
  entry: Pick<PackRule, 'channels' | 'campaigns'>,
  place: Pointer,
  { channels, campaigns }: PackSurroundings,
): Fault[] {
  const known = [
    ['channels', channels, 'a channel of a brand, and there is none'],
    ['campaigns', campaigns, 'a campaign, and there is none'],
  ] as const;
  return known.flatMap(([key, ids, none]) =>
    (entry[key] ?? []).flatMap((id, index) =>
      ids.includes(id) ? [] : [unknown([...place, key, index], id, ids, none)],
    ),
  );
}

function extensionFaults(pack: Pack, { find }: PackSurroundings): Fault[] {
  const extended = pack.extends && find(pack.extends.pack);
  if (!pack.extends || !extended) return [];
  const { pack: id, version: range } = pack.extends;
  const faults: Fault[] = [];
  if (!isEarlier(extended.layer, pack.layer)) {
    const before = layersBefore(pack.layer);
    const expected =
      before.length === 0 ? 'no pack, since it is of the first layer' : `a pack of layer ${before.join(', ')}`;
    faults.push(fault(['extends', 'pack'], `extends.pack is "${id}" of layer ${extended.layer}, expected ${expected}`));
  }
  if (!fitsVersion(extended.version, range)) {
    faults.push(
      fault(['extends', 'version'], `extends.version is "${range}", but ${id} has version ${extended.version}`),
    );
  }
  return faults;
}

interface TightenReview {
  readonly faults: readonly Fault[];
  readonly sound?: SoundTightening;
}

function reviewTightening(pack: Pack, index: number, surroundings: PackSurroundings): TightenReview {
  const tightening = pack.tighten?.[index];
  // Of a pack that cannot be read nothing can be said; that it cannot is reported by itself.
  if (!tightening || (pack.extends && !surroundings.find(pack.extends.pack))) return { faults: [] };
  const place = ['tighten', index, 'rule'];
  const { pack: owner, rule: id } = splitRule(tightening.rule);
  const below = foundationsOf<Pack>(pack, surroundings.find);
  const known = [...below].flatMap(([name, { rules }]) => rules.map((rule) => `${name}/${rule.id}`));
  const rule = below.get(owner)?.rules.find((one) => one.id === id);
  if (!rule) {
    const none = 'a rule of a pack that this one extends, and there is none';
    return { faults: [unknown(place, tightening.rule, known, none)] };
  }
  const first = pack.tighten?.findIndex((other) => other.rule === tightening.rule) ?? index;
  if (first < index) {
    return {
      faults: [
        fault(place, `${nameOf(place)} is ${show(tightening.rule)} again, expected all of it in tighten[${first}]`),
      ],
    };
  }
  const directions = surroundings.types.get(rule.type)?.tighten;
  const weakenings = weakeningsOf(tightening, rule, directions);
  const faults = weakenings.map((weakening) =>
    fault(['tighten', index, ...weakening.pointer], onlyTighten(tightening.rule, pack.layer, weakening)),
  );
  if (faults.length > 0) return { faults };
  return { faults: [], sound: { index, tightening, variant: variantOf(rule, tightening) } };
}

function styleFaults(pack: Pack, { styles }: PackSurroundings): Fault[] {
  return (pack.styles ?? []).flatMap((style, index) => {
    const place = ['styles', index];
    const { rules, problems } = styleRules(styles, style.path);
    const names = rules.map(({ name }) => name);
    const faults = [
      ...problems.map((problem) => fault([...place, 'path'], `${nameOf([...place, 'path'])}: ${problem}`)),
      ...(style.rules ?? []).flatMap(({ rule }, position) =>
        names.some((name) => isStyleRule(rule, name))
          ? []
          : [unknown([...place, 'rules', position, 'rule'], rule, names, 'no rule, for there is none')],
      ),
    ];
    const blocks = names.some((name) => severityIn(style, name) === 'block');
    if (blocks || problems.length > 0) return faults;
    const message = `${nameOf(place)} (${style.path}) leaves no rule that blocks: an imported style that cannot block protects nothing`;
    return [...faults, fault([...place, 'severity'], message)];
  });
}

/** Names that samples and exceptions of a pack may use for its own rules. */
const ownNames = (pack: Pack, styles: Files): string[] => [
  ...pack.rules.map(({ id }) => id),
  ...(pack.styles ?? []).flatMap(({ path }) => styleRules(styles, path).rules.map(({ name }) => name)),
];

function sampleFaults(pack: Pack, { styles }: PackSurroundings): Fault[] {
  const known = [...ownNames(pack, styles), ...(pack.tighten ?? []).map(({ rule }) => rule)];
  return (pack.samples ?? []).flatMap(({ rule, pass, at, fixed, given = {} }, index) => {
    const place = ['samples', index];
    const needless =
      pass === undefined ? undefined : at !== undefined ? 'at' : fixed !== undefined ? 'fixed' : undefined;
    return [
      ...(known.includes(rule)
        ? []
        : [unknown([...place, 'rule'], rule, known, 'a rule of this pack, and there is none')]),
      ...(needless === undefined
        ? []
        : [
            fault(
              [...place, needless],
              `${nameOf([...place, needless])} is there, expected it beside fail only`,
              'key',
            ),
          ]),
      ...givenFaults(given).map(({ key, message }) =>
        fault([...place, 'given', key], `samples[${index}].given.${message}`),
      ),
    ];
  });
}

/** A rule with params says something that nobody else has proven. */
function proofFaults(
  pack: Pack,
  tightenings: readonly SoundTightening[],
  isTyped: (rule: PackRule) => boolean,
): Fault[] {
  const samples = pack.samples ?? [];
  const lacking = (name: string): string[] =>
    (['pass', 'fail'] as const).filter((key) => !samples.some((one) => one.rule === name && one[key] !== undefined));
  const claims = [
    ...pack.rules.map((rule, index) => ({ rule, name: rule.id, params: rule.params, pointer: ['rules', index, 'id'] })),
    ...tightenings.map(({ index, tightening: { rule: name, params }, variant }) => ({
      ...{ rule: variant, name, params, pointer: ['tighten', index, 'rule'] },
    })),
  ];
  return claims.flatMap(({ rule, name, params = {}, pointer }) => {
    const missing = Object.keys(params).length === 0 || !isTyped(rule) ? [] : lacking(name);
    if (missing.length === 0) return [];
    return [
      fault(
        pointer,
        `${name} has params and no sample with ${missing.join(' and none with ')}, expected one of each in samples`,
      ),
    ];
  });
}

/** An exception from what the pack does not say would be dead, or would weaken another pack. */
function exceptionFaults(pack: Pack, { styles, campaigns }: PackSurroundings): Fault[] {
  const known = [
    ...ownNames(pack, styles).map((name) => `${pack.id}/${name}`),
    ...(pack.tighten ?? []).map(({ rule }) => rule),
  ];
  return (pack.exceptions ?? []).flatMap(({ rule, campaign }, index) => [
    ...(known.includes(rule)
      ? []
      : [unknown(['exceptions', index, 'rule'], rule, known, 'a rule of this pack, and there is none')]),
    ...(campaigns.includes(campaign)
      ? []
      : [unknown(['exceptions', index, 'campaign'], campaign, campaigns, 'a campaign, and there is none')]),
  ]);
}

function lintFaults(
  pack: Pack,
  tightenings: readonly SoundTightening[],
  { types, styles }: PackSurroundings,
  isTyped: (rule: PackRule) => boolean,
): Fault[] {
  const lint = (rule: PackRule, pointer: Pointer): Fault[] => {
    const messages = isTyped(rule) ? types.get(rule.type)?.lint?.(rule.params ?? {}, { styles }) : undefined;
    return (messages ?? []).map((message) => fault(pointer, `${nameOf(pointer)}: ${message}`));
  };
  return [
    ...pack.rules.flatMap((rule, index) => lint(rule, ['rules', index, 'params'])),
    ...tightenings.flatMap(({ index, variant }) => lint(variant, ['tighten', index, 'params'])),
  ];
}

/**
 * Everything that is wrong with a pack beyond its schema and its params, and the tightenings that are sound.
 *
 * @param isTyped  whether the params of a rule fit the schema of its type: only such params are linted
 */
export function reviewPack(
  pack: Pack,
  surroundings: PackSurroundings,
  isTyped: (rule: PackRule) => boolean,
): PackReview {
  const reviews = (pack.tighten ?? []).map((_, index) => reviewTightening(pack, index, surroundings));
  const tightenings = reviews.flatMap(({ sound }) => sound ?? []);
  return {
    tightenings,
    faults: [
      ...extensionFaults(pack, surroundings),
      ...pack.rules.flatMap((rule, index) => scopeFaults(rule, ['rules', index], surroundings)),
      ...(pack.tighten ?? []).flatMap((entry, index) => scopeFaults(entry, ['tighten', index], surroundings)),
      ...reviews.flatMap(({ faults }) => faults),
      ...styleFaults(pack, surroundings),
      ...sampleFaults(pack, surroundings),
      ...proofFaults(pack, tightenings, isTyped),
      ...exceptionFaults(pack, surroundings),
      ...lintFaults(pack, tightenings, surroundings, isTyped),
    ],
  };
}
