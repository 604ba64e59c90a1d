/** What no schema can say: rules between the keys of a file and between files. */
import type { AssetKindId, Entities, EntityName } from '../generated/entities.ts';
import { entities, type Validate } from '../generated/schemas.ts';
import type { Engine, Files } from './contracts.ts';
import type { Document, Pointer } from './documents.ts';
import type { Problem } from './errors.ts';
import { explain, nameOf, show } from './explain.ts';
import { contrastFaults } from './palette.ts';
import type { PackRule } from './policy/effective.ts';
import { type PackSurroundings, reviewPack } from './policy/lint.ts';
import { closest, expectedOneOf } from './suggest.ts';

/** An entity with its id and the document it was read from. */
export interface Filed<N extends EntityName> {
  readonly id: string;
  readonly value: Entities[N];
  readonly document: Document;
}

/** What was parsed, but is not valid by its schema. */
export interface Draft {
  readonly value: unknown;
  readonly document: Document;
}

/** Validators of plugins' params, by folder and id. */
export type PluginParams = Readonly<
  Record<'rules' | 'channels' | 'sources' | 'engines', Readonly<Record<string, Validate>>>
>;

/** What a reference may name; left out while it is not known because a file could not be read. */
export type Targets = Readonly<Record<string, { readonly ids: readonly string[]; readonly of: string } | undefined>>;

const problemAt = (document: Document, pointer: Pointer, message: string, at: 'key' | 'value' = 'value'): Problem => ({
  file: document.path,
  ...document.locate(pointer, at),
  message,
});

interface Member {
  readonly pointer: Pointer;
  readonly value: unknown;
  /** The list that it is an item of. */
  readonly list?: readonly unknown[];
}

/** Visits every value inside a value, itself first. */
function eachMember(value: unknown, visit: (member: unknown, pointer: Pointer) => void, pointer: Pointer = []): void {
  visit(value, pointer);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) eachMember(item, visit, [...pointer, index]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) eachMember(member, visit, [...pointer, key]);
  }
}

/** Values at a place such as /outcomes/*\/facts/*. */
function membersAt(value: unknown, place: string): Member[] {
  let found: readonly Member[] = [{ pointer: [], value }];
  for (const part of place.split('/').slice(1)) {
    found = found.flatMap((outer) => (part === '*' ? itemsOf(outer) : memberOf(outer, part)));
  }
  return [...found];
}

const itemsOf = ({ pointer, value }: Member): Member[] =>
  Array.isArray(value)
    ? value.map((item: unknown, index) => ({ pointer: [...pointer, index], value: item, list: value }))
    : [];

function memberOf({ pointer, value }: Member, key: string): Member[] {
  if (typeof value !== 'object' || value === null) return [];
  const member = (value as Readonly<Record<string, unknown>>)[key];
  return member === undefined ? [] : [{ pointer: [...pointer, key], value: member }];
}

/** Texts at a place such as /outcomes/*\/id, whatever else may be wrong with the value. */
export const textsAt = (value: unknown, place: string): string[] =>
  membersAt(value, place).flatMap((member) => (typeof member.value === 'string' ? [member.value] : []));

/** References that name nothing, and references that are there twice; also in a value that its schema refuses. */
export function checkReferences<N extends EntityName>(
  name: N,
  { value, document }: Draft,
  targets: Targets,
): Problem[] {
  const problems: Problem[] = [];
  for (const { at, target } of entities[name].references) {
    const known = targets[target];
    const members = membersAt(value, at);
    for (const [position, { pointer, value: id, list }] of members.entries()) {
      if (typeof id !== 'string') continue;
      const report = (wrong: string) =>
        problems.push(problemAt(document, pointer, `${nameOf(pointer)} is ${show(id)}${wrong}`));
      if (list !== undefined && members.findIndex((other) => other.list === list && other.value === id) < position) {
        report(' again, expected each once');
      } else if (known && !known.ids.includes(id)) {
        report(expectedOneOf(id, known.ids, `${known.of}, and there is none`));
      }
    }
  }
  return problems;
}

const isRealDay = (day: string): boolean => {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
};

const zones = new Map<string, boolean>();
function isTimezone(zone: string): boolean {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    valid = false;
  }
  zones.set(zone, valid);
  return valid;
}

const dayFault = (day: string): string | undefined => (isRealDay(day) ? undefined : 'expected a day of the calendar');

/** What is wrong with the name of a time zone. */
export function zoneFault(zone: string): string | undefined {
  if (isTimezone(zone)) return undefined;
  const meant = closest(zone, Intl.supportedValuesOf('timeZone'));
  return meant === undefined ? 'expected an IANA name such as Europe/Berlin' : `did you mean "${meant}"?`;
}

/** What a text under such a key must be beyond its pattern, wherever it stands. */
const textFaults: ReadonlyMap<string | number | undefined, (text: string) => string | undefined> = new Map([
  ...['checked', 'expires', 'starts', 'ends'].map((key) => [key, dayFault] as const),
  ['halt_until', (instant) => (Number.isNaN(Date.parse(instant)) ? 'expected an instant that exists' : undefined)],
  ['timezone', zoneFault],
]);

/** What holds in every entity: ids are unique in their list, days exist, zones are known. */
export function checkValues({ value, document }: { readonly value: unknown; readonly document: Document }): Problem[] {
  const problems: Problem[] = [];
  eachMember(value, (member, pointer) => {
    if (Array.isArray(member)) problems.push(...repeatedIds(member, pointer, document));
    const faultOf = textFaults.get(pointer.at(-1));
    // What params mean is the plugin's business.
    if (!faultOf || typeof member !== 'string' || pointer.includes('params')) return;
    const fault = faultOf(member);
    if (fault) problems.push(problemAt(document, pointer, `${nameOf(pointer)} is ${show(member)}, ${fault}`));
  });
  return problems;
}

function repeatedIds(list: readonly unknown[], pointer: Pointer, document: Document): Problem[] {
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const id = typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
    if (typeof id !== 'string') return [];
    const twice = seen.has(id);
    seen.add(id);
    const place = [...pointer, index, 'id'];
    return twice ? [problemAt(document, place, `${nameOf(place)} is ${show(id)} again, expected each id once`)] : [];
  });
}

/** What may be known of the repository's files beside those that people write for mhub. */
export interface Sources {
  /** Whether a path is a file of the repository. */
  readonly exists: (path: string) => boolean;
  /** SHA-256 of a file's content; undefined when there is none. */
  readonly digest: (path: string) => string | undefined;
}

type Fact = Entities['Brand']['facts'][number];

/** A source without its anchor; undefined for an address. */
export const sourceFile = ({ source }: Pick<Fact, 'source'>): string | undefined =>
  /^https:\/\/[^\s/]+/.test(source) ? undefined : source.replace(/#.*$/, '');

function digestFault({ source, sha256 }: Fact, file: string | undefined, { digest }: Sources): string | undefined {
  if (sha256 === undefined) return undefined;
  if (file === undefined) return `is there, expected none: ${show(source)} is no file of the repository`;
  const now = digest(file);
  if (now === undefined || now === sha256) return undefined;
  return `is ${show(sha256)}, but ${file} has changed to ${now}: compare claim and source, then set checked and sha256`;
}

/** Colours that can be read on each other: pages and emails take them as they are. */
const colorProblems = ({ value, document }: Filed<'Brand'>): Problem[] =>
  contrastFaults(value.design).map(({ token, message }) =>
    problemAt(document, ['design', token], `design.${token} ${message}`),
  );

export function checkBrand(filed: Filed<'Brand'>, sources: Sources): Problem[] {
  return [...colorProblems(filed), ...factProblems(filed, sources)];
}

function factProblems({ value, document }: Filed<'Brand'>, sources: Sources): Problem[] {
  return value.facts.flatMap((fact, index) => {
    const { source, checked, expires } = fact;
    const problems: Problem[] = [];
    const report = (key: string, wrong: string) =>
      problems.push(problemAt(document, ['facts', index, key], `${nameOf(['facts', index, key])} ${wrong}`));
    const file = sourceFile(fact);
    if (file !== undefined && !sources.exists(file)) {
      report('source', `is ${show(source)}, expected a file of the repository or an https address`);
    }
    const wrong = digestFault(fact, file, sources);
    if (wrong !== undefined) report('sha256', wrong);
    if (expires !== undefined && expires <= checked) {
      report('expires', `is ${show(expires)}, expected a day after checked (${checked})`);
    }
    return problems;
  });
}

/** The fact of the price must say the price, or Guard would let two prices stand. */
export function checkPrice({ value, document }: Filed<'Offer'>, facts: Entities['Brand']['facts']): Problem[] {
  const fact = facts.find(({ id }) => id === value.price_fact);
  const [whole = '', cents] = value.price.amount.split('.');
  if (!fact || Number(value.price.amount) === 0) return [];
  const decimals = cents === undefined || cents === '00' ? '([.,]00)?' : `[.,]${cents}`;
  const said = [fact.statement, ...(fact.phrasings ?? [])].some((text) =>
    new RegExp(`(?<![\\d.,])0*${whole}${decimals}(?![.,]?\\d)`).test(
      text.replace(/(?<=\d)[.,\u00a0 ](?=\d{3}(?!\d))/g, ''),
    ),
  );
  if (said) return [];
  const message = `price.amount is ${show(value.price.amount)}, expected the price that fact "${fact.id}" states: ${show(fact.statement)}`;
  return [problemAt(document, ['price', 'amount'], message)];
}

function paramsProblems(
  validators: Readonly<Record<string, Validate>>,
  id: string,
  params: unknown,
  document: Document,
  pointer: Pointer,
): Problem[] {
  const validate = Object.hasOwn(validators, id) ? validators[id] : undefined;
  return validate ? explain(params ?? {}, document, pointer, validate) : [];
}

/** Params of an adapter against the adapter's own schema. */
export const checkParams = (
  folder: 'channels' | 'sources',
  { value: { adapter, params }, document }: Filed<'ChannelConfig'> | Filed<'Source'>,
  validators: PluginParams,
): Problem[] => paramsProblems(validators[folder], adapter, params, document, ['params']);

/** Params of the copy engine against the engine's own schema, and what the engine knows beyond it. */
export function checkEngine(
  { value: { engine, engine_params: params = {} }, document }: Filed<'Workspace'>,
  { engines }: PluginParams,
  templates: () => Files,
  { lint }: Pick<Engine, 'lint'> = {},
): Problem[] {
  const problems = paramsProblems(engines, engine, params, document, ['engine_params']);
  if (problems.length > 0 || !lint) return problems;
  return lint({ params, templates: templates() }).map(({ key, message }) =>
    problemAt(document, ['engine_params', key], `engine_params.${key}: ${message}`),
  );
}

/** An engine that counts tokens needs a budget, and a budget in money needs to know what tokens cost. */
export function checkBudget(
  { value: { budget }, document }: Filed<'Campaign'>,
  { engine: id, engine_params: params = {} }: Entities['Workspace'],
  engine: Pick<Engine, 'estimate' | 'currencyOf'> | undefined,
): Problem[] {
  if (!engine?.estimate) return [];
  if (!budget) {
    const message = `budget is missing, expected tokens_per_day: engine ${id} counts tokens`;
    return [problemAt(document, ['budget'], message)];
  }
  if (budget.cost_per_month === undefined || engine.currencyOf?.(params) !== undefined) return [];
  const message =
    'budget.cost_per_month needs to know what tokens cost, expected engine_params.price in mhub.yaml for each model, ' +
    'in one currency';
  return [problemAt(document, ['budget', 'cost_per_month'], message, 'key')];
}

/** A policy pack: params against the schemas of its rule types, and everything between it and other packs. */
export function checkPolicy(
  { id, value, document }: Filed<'PolicyPack'>,
  validators: PluginParams,
  surroundings: PackSurroundings,
): Problem[] {
  const problemsOf = ({ type, params }: PackRule, pointer: Pointer): Problem[] =>
    paramsProblems(validators.rules, type, params, document, pointer);
  const { faults, tightenings } = reviewPack(
    { ...value, id },
    surroundings,
    (rule) => problemsOf(rule, []).length === 0,
  );
  return [
    ...value.rules.flatMap((rule, index) => problemsOf(rule, ['rules', index, 'params'])),
    ...tightenings.flatMap(({ index, variant }) => problemsOf(variant, ['tighten', index, 'params'])),
    ...faults.map(({ pointer, message, at }) => problemAt(document, pointer, message, at)),
  ];
}

/** What a campaign is checked against; kinds by channel id, for the channels whose adapter is known. */
export interface CampaignSurroundings {
  readonly locale: string | undefined;
  readonly kinds: ReadonlyMap<string, readonly AssetKindId[]>;
  /** Pack -> the pack that it extends. */
  readonly extended: ReadonlyMap<string, string>;
}

export function checkCampaign(
  { value, document }: Filed<'Campaign'>,
  { locale, kinds, extended }: CampaignSurroundings,
): Problem[] {
  const problems: Problem[] = [];
  const report = (pointer: Pointer, message: string, at: 'key' | 'value' = 'value') =>
    problems.push(problemAt(document, pointer, message, at));

  const [own] = value.locales;
  if (locale !== undefined && own !== locale) {
    report(['locales', 0], `locales[0] is ${show(own)}, expected ${locale}, the locale of brand ${value.brand}`);
  }
  if (value.starts !== undefined && value.ends !== undefined && value.ends < value.starts) {
    report(['ends'], `ends is ${show(value.ends)}, expected a day from starts (${value.starts}) on`);
  }
  for (const [index, pack] of value.policies.entries()) {
    const below = extended.get(pack);
    if (below === undefined || value.policies.includes(below)) continue;
    report(
      ['policies', index],
      `policies[${index}] is "${pack}", which extends ${below}: expected ${below} in the list too`,
    );
  }
  const seen = new Map<string, number>();
  for (const [index, { channel, asset, weekly = [] }] of value.schedule.entries()) {
    const carried = kinds.get(channel);
    if (carried && !carried.includes(asset)) {
      const message = `schedule[${index}].asset is "${asset}", expected what channel ${channel} carries: ${carried.join(', ')}`;
      report(['schedule', index, 'asset'], message);
    }
    const before = seen.get(`${channel} ${asset}`);
    if (before !== undefined) {
      report(
        ['schedule', index],
        `schedule[${index}] is ${asset} on ${channel} again, expected all its times in schedule[${before}]`,
      );
    }
    seen.set(`${channel} ${asset}`, before ?? index);
    for (const [position, time] of weekly.entries()) {
      if (weekly.indexOf(time) < position) {
        report(
          ['schedule', index, 'weekly', position],
          `schedule[${index}].weekly[${position}] is "${time}" again, expected each time once`,
        );
      }
    }
  }
  const hasPage = value.schedule.some(({ asset, on_change: onChange }) => asset === 'landing_page' && onChange);
  if (value.experiment && !hasPage) {
    report(
      ['experiment'],
      'experiment compares landing pages, expected a schedule entry with asset: landing_page and on_change: true',
      'key',
    );
  }
  return problems;
}
