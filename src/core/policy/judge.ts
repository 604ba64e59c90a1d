/** Judging one asset by the effective policy. */
import type { Finding, Verdict } from '../../generated/entities.ts';
import { MAX_ATTEMPTS } from '../assets.ts';
import type {
  Deadline,
  GuardDocument,
  MadeAsset,
  Need,
  NotEvaluated,
  Rule,
  RuleContext,
  RuleFinding,
} from '../contracts.ts';
import { CannotJudge, DeadlineExceeded } from '../errors.ts';
import { civilDay } from '../time.ts';
import type { EffectivePolicy, EffectiveRule } from './effective.ts';
import { exceptionsFor, holds, type UsedException } from './exceptions.ts';

export type RuleTypes = ReadonlyMap<string, Rule>;
type Reason = NonNullable<Verdict['reason']>;

/** What is judged: an asset of mhub, or any file. */
export interface Subject {
  readonly document: GuardDocument;
  readonly channel?: string;
  readonly campaign?: string;
}

/** What one rule said. */
export interface Judged {
  readonly outcome: Verdict['rules'][number];
  readonly findings: readonly Finding[];
  readonly reason?: Reason;
}

const typeOf = ({ type }: EffectiveRule, types: RuleTypes): Rule => {
  const found = types.get(type);
  if (!found) throw new RangeError(`no rule type ${type}`);
  return found;
};

export const applies = (rule: EffectiveRule, { document, channel, campaign }: Subject): boolean =>
  (rule.kinds === undefined || rule.kinds.some((kind) => kind === document.kind)) &&
  (rule.channels === undefined || (channel !== undefined && rule.channels.includes(channel))) &&
  (rule.campaigns === undefined || (campaign !== undefined && rule.campaigns.includes(campaign)));

/** What the rules that apply must be told about the world. */
export const needsOf = (policy: EffectivePolicy, types: RuleTypes, subject: Subject): Need[] => [
  ...new Set(policy.rules.filter((rule) => applies(rule, subject)).flatMap((rule) => typeOf(rule, types).needs ?? [])),
];

const isNotEvaluated = (found: readonly RuleFinding[] | NotEvaluated): found is NotEvaluated => 'notEvaluated' in found;

function judgeByRule(rule: EffectiveRule, types: RuleTypes, subject: Subject, context: RuleContext): Judged {
  const { name, severity } = rule;
  const type = typeOf(rule, types);
  const found = applies(rule, subject)
    ? type.check(subject.document, rule.params, { ...context, vocabulary: rule.vocabulary })
    : undefined;
  if (found === undefined) return { outcome: { rule: name, result: 'not-applicable' }, findings: [] };
  if (isNotEvaluated(found)) {
    const reason = type.needs?.includes('browser') ? 'no_browser' : 'not_observed';
    return { outcome: { rule: name, result: 'not-evaluated', why: found.notEvaluated }, findings: [], reason };
  }
  const findings = found.map(({ fix, ...finding }) => ({
    rule: name,
    severity,
    ...finding,
    ...(fix && rule.fix === 'safe' ? { fix } : {}),
  }));
  return { outcome: { rule: name, result: findings.length > 0 ? 'fail' : 'pass' }, findings };
}

function errorOf({ name }: EffectiveRule, error: unknown): Judged {
  const why = (error instanceof Error ? error.message : String(error)).slice(0, 500) || 'failed without saying why';
  const reason =
    error instanceof DeadlineExceeded ? 'deadline' : error instanceof CannotJudge ? error.reason : 'rule_error';
  return { outcome: { rule: name, result: 'error', why }, findings: [], reason };
}

const coversLine = (finding: Finding, { file, line = 0, end_line = line }: Finding): boolean =>
  finding.file === file && (finding.line ?? 0) <= end_line && (finding.end_line ?? finding.line ?? 0) >= line;

/** Other rules that point at a line with a secret or with personal data must not repeat it. */
function withheld(judged: readonly Judged[], policy: EffectivePolicy): Judged[] {
  const isLeak = (index: number): boolean => policy.rules[index]?.type === 'leak';
  const leaks = judged.flatMap(({ findings }, index) => (isLeak(index) ? findings : []));
  if (leaks.length === 0) return [...judged];
  const masked = (finding: Finding): Finding => {
    if (!leaks.some((leak) => coversLine(finding, leak))) return finding;
    const { excerpt: _excerpt, fix: _fix, ...rest } = finding;
    return { ...rest, message: 'withheld: this line holds what must not be repeated; mend that first' };
  };
  return judged.map((one, index) => (isLeak(index) ? one : { ...one, findings: one.findings.map(masked) }));
}

/** In order: the rule that is at work when the time is up has not come to an end, and the rest go on with new time. */
function judgeInTime(
  rules: readonly EffectiveRule[],
  judgeOne: (rule: EffectiveRule) => Judged,
  within: Deadline,
): Judged[] {
  const judged: Judged[] = [];
  while (judged.length < rules.length) {
    try {
      // One deadline for all of them costs a fraction of one for each.
      within(() => {
        for (const rule of rules.slice(judged.length)) judged.push(judgeOne(rule));
      });
    } catch (error) {
      if (!(error instanceof DeadlineExceeded)) throw error;
      judged.push(...rules.slice(judged.length, judged.length + 1).map((rule) => errorOf(rule, error)));
    }
  }
  return judged;
}

/**
 * What each rule of the policy says. A rule that throws or does not end has not passed anything: it is told as an error,
 * and the others are judged all the same.
 */
export function judgeAll(
  policy: EffectivePolicy,
  types: RuleTypes,
  subject: Subject,
  context: RuleContext,
  within: Deadline,
): Judged[] {
  const judgeOne = (rule: EffectiveRule): Judged => {
    try {
      return judgeByRule(rule, types, subject, context);
    } catch (error) {
      return errorOf(rule, error);
    }
  };
  const isBounded = (rule: EffectiveRule): boolean => !typeOf(rule, types).uninterruptible;
  const bounded = policy.rules.filter(isBounded);
  const inTime = new Map(judgeInTime(bounded, judgeOne, within).map((judged, index) => [bounded[index], judged]));
  return withheld(
    policy.rules.map((rule) => inTime.get(rule) ?? judgeOne(rule)),
    policy,
  );
}

/** What makes a finding the same one in another attempt: not its place. */
const sameness = ({ rule, file, excerpt = '', message }: Finding): string =>
  JSON.stringify([rule, file, excerpt, message]);

const blocking = (findings: readonly Finding[]): Finding[] => findings.filter(({ severity }) => severity === 'block');

/** Rules whose findings never go back to a copy engine: what they found must not travel. */
const mayBeRepaired = (findings: readonly Finding[], policy: EffectivePolicy): boolean => {
  const leaks = new Set(policy.rules.filter(({ type }) => type === 'leak').map(({ name }) => name));
  return findings.every(({ rule }) => !leaks.has(rule));
};

/** Whether another attempt is worth it, and if not, why. Attempts are counted from committed verdicts. */
function giveUp(
  findings: readonly Finding[],
  made: MadeAsset,
  policy: EffectivePolicy,
  history: Verdict['history'],
): Reason | undefined {
  const { attempt, content, fixes = [] } = made.asset;
  if (!mayBeRepaired(findings, policy)) return 'not_repairable';
  // A safe fix is no attempt of the engine: the same findings may stand after it.
  const earlier = history.filter((one) => one.attempt < attempt);
  if (earlier.some((one) => one.content === content)) return 'oscillation';
  const last = earlier.at(-1);
  const now = new Set(findings.map(sameness));
  const before = new Set(blocking(last?.findings ?? []).map(sameness));
  if (last && fixes.length === 0 && now.size === before.size && [...now].every((one) => before.has(one)))
    return 'no_progress';
  return attempt >= MAX_ATTEMPTS ? 'repairs_exhausted' : undefined;
}

const ORDER: readonly Reason[] = [
  'deadline',
  'unknown_locale',
  'exception_expired',
  'rule_error',
  'no_browser',
  'not_observed',
];

export interface JudgeOptions {
  readonly made: MadeAsset;
  readonly document: GuardDocument;
  readonly campaign: string;
  readonly policy: EffectivePolicy;
  readonly types: RuleTypes;
  readonly context: RuleContext;
  readonly within: Deadline;
  /** Digest of what the rules are told beside content and policy. */
  readonly grounds: string;
  readonly before: Verdict | undefined;
  /** Whether it went out already: then there is nothing to repair. */
  readonly isOut: boolean;
}

export interface Excepted<Exception extends UsedException> {
  readonly judged: readonly Judged[];
  /** Exceptions from rules that held something, with what they held; also those that have expired. */
  readonly used: readonly { readonly exception: Exception; readonly findings: readonly Finding[] }[];
}

function exceptedFrom({ outcome: { rule }, findings }: Judged, exception: UsedException, today: string): Judged {
  if (holds(exception, today)) return { outcome: { rule, result: 'pass', why: 'excepted' }, findings: [] };
  const why = `the exception by ${exception.owner} expired on ${exception.expires}: take it out or date it anew`;
  return { outcome: { rule, result: 'error', why }, findings, reason: 'exception_expired' };
}

/**
 * What a rule held against the asset is let through by an exception that holds; by one that has expired it is an error.
 *
 * @param exceptions  for what was judged; of several from one rule the first counts
 * @param today       civil day where the workspace is
 */
export function excepted<Exception extends UsedException>(
  judged: readonly Judged[],
  exceptions: readonly Exception[],
  today: string,
): Excepted<Exception> {
  const pairs = judged.map((one) => ({
    one,
    exception: one.outcome.result === 'fail' ? exceptions.find(({ rule }) => rule === one.outcome.rule) : undefined,
  }));
  return {
    judged: pairs.map(({ one, exception }) => (exception ? exceptedFrom(one, exception, today) : one)),
    used: pairs.flatMap(({ one, exception }) => (exception ? [{ exception, findings: one.findings }] : [])),
  };
}

/** As it stands in a verdict, which names campaign and asset by its path. */
const recorded = ({ rule, reason, owner, expires }: UsedException): UsedException => ({ rule, reason, owner, expires });

/** Judges the exact bytes of an asset; warnings do not deny. */
export function judge(options: JudgeOptions): Verdict {
  const { made, document, campaign, policy, types, context, within, grounds, before, isOut } = options;
  const { attempt, content } = made.asset;
  const raw = judgeAll(policy, types, { document, channel: made.asset.channel, campaign }, context, within);
  const today = civilDay(context.now, context.unit.workspace.timezone);
  const { judged, used } = excepted(raw, exceptionsFor(policy, [{ campaign, asset: made.id, content }]), today);
  const findings = judged.flatMap((one) => one.findings);
  // A rule that only warns may stay out of reach; one that blocks may not.
  const reasons = policy.rules.flatMap((rule, index) =>
    rule.severity === 'block' ? (judged[index]?.reason ?? []) : [],
  );
  const failure = ORDER.find((reason) => reasons.includes(reason));
  const history =
    before && (attempt > 1 || made.asset.fixes) && before.content !== content
      ? [...before.history, { attempt: before.attempt, content: before.content, findings: before.findings }]
      : before?.content === content
        ? before.history
        : [];
  const held = blocking(findings);
  const end = held.length > 0 && !isOut ? giveUp(held, made, policy, history) : undefined;
  const result =
    failure === 'no_browser' || failure === 'not_observed'
      ? 'blocked'
      : failure
        ? 'error'
        : held.length === 0
          ? 'pass'
          : end
            ? 'reject'
            : 'deny';
  const reason = failure ?? (held.length > 0 ? (end ?? 'finding') : undefined);
  return {
    content,
    policy: policy.hash,
    grounds,
    packs: policy.packs.map(({ id, version }) => `${id} ${version}`),
    result,
    ...(reason ? { reason } : {}),
    attempt,
    rules: judged.map(({ outcome }) => outcome),
    findings,
    ...(observedBy(context) ?? {}),
    ...(used.length > 0 ? { exceptions: used.map(({ exception }) => recorded(exception)) } : {}),
    history,
  };
}

function observedBy({ observed }: RuleContext): { observed: string[] } | undefined {
  const { browser, links, secrets } = observed;
  const lines = [
    ...(browser ? ['unavailable' in browser ? `no browser: ${browser.unavailable}` : browser.engine] : []),
    ...(links
      ? [isUnavailable(links) ? `no links: ${links.unavailable}` : `${Object.keys(links).length} links asked`]
      : []),
    ...(secrets && 'unavailable' in secrets ? [`no secret scan: ${secrets.unavailable}`] : []),
  ];
  return lines.length > 0 ? { observed: lines } : undefined;
}

const isUnavailable = (value: object): value is { readonly unavailable: string } =>
  'unavailable' in value && typeof value.unavailable === 'string';
