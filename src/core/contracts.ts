/**
 * The seams of mhub: what stages and plugins are, and everything that passes between them and the shell.
 * Nothing here runs; every folder may import it.
 */
import type {
  Angle,
  Answer,
  Asset,
  AssetKindId,
  AudienceSegment,
  Brand,
  Campaign,
  CampaignPlan,
  ChannelConfig,
  Experiment,
  Halt,
  Intent,
  Offer,
  PolicyPack,
  Receipt,
  Signal,
  Source as SourceConfig,
  StageName,
  TokenUsage,
  Verdict,
  Verification,
  Workspace,
} from '../generated/entities.ts';

/** UTC, ISO 8601, ends in Z; sorts as text. */
export type Instant = string;
/** Repo-relative POSIX path -> content. Text is a string, everything else bytes. */
export type Files = ReadonlyMap<string, string | Uint8Array>;
export type JsonSchema = Readonly<Record<string, unknown>>;
/** An entity with the id that its path gave it. */
export type Named<T> = T & { readonly id: string };

export interface FileChange {
  readonly path: string;
  /** null deletes */
  readonly content: string | Uint8Array | null;
  /** One line for the commit message. */
  readonly because: string;
}

/** What a stage wants written; no changes means no commit. */
export interface ChangeSet {
  readonly stage: StageName;
  /** Campaign, or brand for a brand-wide job. */
  readonly scope: string;
  readonly title: string;
  readonly changes: readonly FileChange[];
  /** Commit trailers beyond run, stage and scope: name without the Mhub- prefix -> value. */
  readonly trailers?: Readonly<Record<string, string>>;
}

/** Something a person should know although no file says it. */
export interface Note {
  readonly level: 'info' | 'waiting' | 'blocked' | 'halted' | 'rejected' | 'in_doubt' | 'failed';
  readonly scope: string;
  readonly message: string;
  /** When it is worth looking again without any change of files. */
  readonly until?: Instant;
}

export interface StageResult {
  readonly changeSet: ChangeSet;
  readonly notes: readonly Note[];
}

// ---- what stages see ------------------------------------------------------------------------------------------------

/** A brand with what is told once for all of its campaigns. */
export interface BrandUnit {
  readonly workspace: Workspace;
  readonly brand: Named<Brand>;
  readonly sources: readonly Named<SourceConfig>[];
}

/** The unit of work: one campaign plus what its brand shares. */
export interface Unit extends BrandUnit {
  readonly campaign: Named<Campaign>;
  readonly offers: readonly Named<Offer>[];
  readonly segments: readonly Named<AudienceSegment>[];
  readonly channels: readonly Named<ChannelConfig>[];
  readonly policies: readonly Named<PolicyPack>[];
  /** templates/, by repo path. */
  readonly templates: Files;
  /** Vale styles that the packs name: policies/styles/, by repo path. */
  readonly styles: Files;
  /** SHA-256 over all of the above. */
  readonly digest: string;
}

export interface FiledSignal {
  readonly path: string;
  readonly signal: Signal;
}

/** An asset with its rendered files, named as in asset.yaml. */
export interface MadeAsset {
  readonly id: string;
  readonly campaign: string;
  readonly asset: Asset;
  readonly files: Files;
}

/** A publication that stands in the ledger, with the asset as it is in the tree now. */
export interface Publication extends MadeAsset {
  readonly receipt: Receipt;
}

/** What the engine wrote before, for one campaign; receipts and open intents are those of the whole workspace. */
export interface HubState {
  readonly plan?: CampaignPlan;
  readonly assets: readonly MadeAsset[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly experiments: ReadonlyMap<string, Experiment>;
  readonly signals: readonly FiledSignal[];
  readonly receipts: readonly Receipt[];
  readonly intents: readonly Intent[];
  readonly halts: readonly Named<Halt>[];
  /** What was seen of publications in public, oldest first. */
  readonly verifications: readonly Verification[];
  /** What models wrote for the campaign, by the digest of the request. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** What the copy engine has used for the campaign, oldest run first. */
  readonly usage: readonly TokenUsage[];
  /** Evidence that could not be read: breakers count it as tripped. */
  readonly unreadable: readonly string[];
}

export interface RunContext {
  readonly now: Instant;
  readonly run: string;
  /** Commit the run started from. */
  readonly base: string;
  readonly delivery: Workspace['delivery'];
}

export interface BrandInput extends RunContext {
  readonly unit: BrandUnit;
  readonly signals: readonly FiledSignal[];
}

export interface CampaignInput extends RunContext {
  readonly unit: Unit;
  readonly state: HubState;
  readonly plugins: Plugins;
  /** What stands on each channel of the brand, newest first, over all campaigns. */
  readonly published: ReadonlyMap<string, readonly Publication[]>;
  readonly within: Deadline;
}

/**
 * Runs work that may never end, such as a pattern of a policy pack on a hostile text.
 * @throws DeadlineExceeded
 */
export type Deadline = <T>(work: () => T) => T;

/** Plugins that pure stages call directly, by id. */
export interface Plugins {
  readonly engines: ReadonlyMap<string, Engine>;
  readonly assets: ReadonlyMap<string, AssetKind>;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly channels: ReadonlyMap<string, Channel>;
}

// ---- effects --------------------------------------------------------------------------------------------------------

/** Everything the engine may ask of the world. */
export type Effect =
  | { readonly kind: 'read-source'; readonly source: Named<SourceConfig>; readonly brand: string }
  | {
      readonly kind: 'generate';
      readonly engine: string;
      readonly brief: Brief;
      /** Most tokens that may be used for it; left out where the engine counts none. */
      readonly tokens?: number;
    }
  | { readonly kind: 'draw'; readonly asset: string; readonly files: Files; readonly drawings: readonly Drawing[] }
  | {
      readonly kind: 'publish';
      readonly intent: Intent;
      readonly asset: MadeAsset;
      readonly channel: Named<ChannelConfig>;
    }
  | {
      readonly kind: 'find-published';
      readonly intent: Intent;
      readonly asset: MadeAsset;
      readonly channel: Named<ChannelConfig>;
    }
  | {
      readonly kind: 'examine';
      readonly asset: MadeAsset;
      readonly document: GuardDocument;
      readonly needs: readonly Need[];
    }
  | { readonly kind: 'read-metrics'; readonly channel: Named<ChannelConfig>; readonly campaign: string }
  | { readonly kind: 'verify-live'; readonly channel: Named<ChannelConfig>; readonly publication: Publication };

export type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

export interface EffectValues {
  'read-source': readonly Reading[];
  generate: Written;
  /** What was drawn, by file name. */
  draw: Files;
  publish: Published;
  /** null: the channel has nothing of this key. */
  'find-published': Published | null;
  examine: Observations;
  'read-metrics': readonly Reading[];
  'verify-live': LiveCheck;
}

/** What became of one effect; distributive over kind. */
export type Outcome<K extends Effect['kind'] = Effect['kind']> = K extends Effect['kind']
  ? { readonly effect: EffectOf<K> } & (
      | { readonly status: 'done'; readonly value: EffectValues[K] }
      | {
          readonly status: 'blocked';
          readonly missing: readonly string[];
          readonly todo: string;
          /** Of a generation: what it has cost to find out. */
          readonly calls?: readonly EngineCall[];
        }
      | {
          readonly status: 'failed';
          readonly reason: string;
          readonly mayHaveHappened: boolean;
          /** Of a generation: what it has cost all the same. */
          readonly calls?: readonly EngineCall[];
          /** Of a generation: it was tried as often as it may be. */
          readonly exhausted?: true;
          /** Not even tried: a switch was flipped, or the time for it had passed. */
          readonly held?: true;
          /** It is about the moment, such as a rate limit: worth another try from here on. */
          readonly until?: Instant;
          /** Of mail to a list: some have it, the next run goes on with the others, and so loudly is that to be told. */
          readonly begun?: Note['level'];
        }
    )
  : never;

/** A stage is two pure functions; a dry run prints the plan, a test calls both. */
export interface Stage<K extends Effect['kind'], I extends RunContext = CampaignInput> {
  readonly name: StageName;
  plan(input: I): readonly EffectOf<K>[];
  /** Why something that one might expect in the plan is not there. */
  notes?(input: I): readonly Note[];
  /** Write-ahead intents for the effects, committed before any of them is performed. */
  intend?(input: I, effects: readonly EffectOf<K>[]): ChangeSet;
  /** What is to be done next with what came back; fold sees the outcomes of both. */
  follow?(input: I, outcomes: readonly Outcome<K>[]): readonly EffectOf<K>[];
  fold(input: I, outcomes: readonly Outcome<K>[]): StageResult;
}

// ---- copy -----------------------------------------------------------------------------------------------------------

export type Fact = Brand['facts'][number];
export type Forms = Offer['outcomes'][number]['forms'] & Record<string, string | undefined>;

/** One message in its authored forms, with the facts its wording rests on. */
export interface Message {
  readonly id: string;
  readonly forms: Readonly<Partial<Record<'s' | 'vp' | 'np' | 'clause' | 'short' | 'question', string>>>;
  readonly facts: readonly string[];
}

export interface SlotSpec {
  /** Place in the template, such as hero.headline. */
  readonly slot: string;
  /** How many blocks the template takes. */
  readonly min: number;
  readonly max: number;
  /** Length in graphemes. */
  readonly length: { readonly min: number; readonly max: number };
}

/** Everything a copy engine may know: it has no other input. */
export interface Brief {
  readonly asset: { readonly id: string; readonly kind: AssetKindId; readonly arm?: 'a' | 'b' };
  readonly campaign: { readonly id: string; readonly goal: string };
  readonly brand: { readonly id: string; readonly name: string; readonly tagline: string };
  readonly locale: string;
  readonly segment: { readonly id: string; readonly name: string };
  readonly offer: { readonly id: string; readonly name: string; readonly summary: string };
  /** The chosen path; what the asset is about. */
  readonly angle: {
    readonly pain: Message;
    readonly outcome: Message;
    readonly mechanism: Message;
    readonly proof: Message;
  };
  /** The rest of the offer's graph, best first, for pages that show more than one path. */
  readonly more: {
    readonly pains: readonly Message[];
    readonly outcomes: readonly Message[];
    readonly mechanisms: readonly Message[];
    readonly proofs: readonly Message[];
  };
  readonly objections: readonly {
    readonly question: string;
    readonly answer: string;
    readonly facts: readonly string[];
  }[];
  /** Facts that may be cited; the price fact is named apart. */
  readonly facts: readonly Fact[];
  readonly price: Fact;
  readonly cta: { readonly label: string };
  readonly slots: readonly SlotSpec[];
  readonly voice: Brand['voice'];
  readonly banned: readonly string[];
  /** Copy that went out before and should not be repeated. */
  readonly used: readonly string[];
  /** What Guard held against the last attempt; empty on the first draft. */
  readonly findings: readonly Verdict['findings'][number][];
  /** The copy that Guard denied; left out on the first draft. */
  readonly draft?: readonly Block[];
  /** First draft is 1. */
  readonly attempt: number;
  /** Hex; the same seed gives the same copy. */
  readonly seed: string;
}

export type Block = Asset['copy'][number];

export interface Copy {
  readonly blocks: readonly Block[];
}

/** One call of a copy engine to a model, as it is booked. */
export type EngineCall = Omit<TokenUsage, 'status' | 'at' | 'run' | 'asset'>;

/** What a copy engine gives back. */
export interface Written {
  readonly copy: Copy;
  /** Of an engine that asks a model: the answer to keep, and every call that it took. */
  readonly answer?: Omit<Answer, 'asset' | 'at' | 'copy'>;
  readonly calls?: readonly EngineCall[];
}

// ---- plugins --------------------------------------------------------------------------------------------------------

/** What a rendered asset may show beyond its copy. */
export interface RenderContext {
  readonly unit: Unit;
  readonly offer: Named<Offer>;
  readonly segment: Named<AudienceSegment>;
  readonly channel: Named<ChannelConfig>;
  /** Medium of the channel, for utm_medium. */
  readonly medium: string;
  readonly limits: ChannelLimits;
  readonly asset: { readonly id: string; readonly arm?: 'a' | 'b'; readonly path?: string };
  /** Whether the campaign's one-pager stands on the channel, or is to go out there next. */
  readonly hasOnePager?: boolean;
  /** Source text of the template that the kind names. */
  readonly template: (path: string) => string;
}

/** A file of an asset that is drawn from another one: MJML as HTML, SVG as PNG, HTML as PDF. */
export interface Drawing {
  readonly as: 'html' | 'png' | 'pdf';
  readonly from: string;
  readonly to: string;
  /** Whether the file that it is drawn from stays in the asset, so that Guard judges it. */
  readonly keep: boolean;
}

/** One kind of asset: its copy slots, its rendering, and what Guard sees of it. */
export interface AssetKind {
  readonly id: AssetKindId;
  readonly about: string;
  readonly slots: readonly SlotSpec[];
  /** Template files under templates/ that it needs. */
  readonly templates: readonly string[];
  title(copy: Copy): string;
  render(copy: Copy, context: RenderContext): Files;
  /** The same slots with lengths that fit where the asset goes. */
  slotsFor?(context: Omit<RenderContext, 'template'>): readonly SlotSpec[];
  /** What becomes of rendered files, where they are there; left out where they are published as they are. */
  readonly drawings?: readonly Drawing[];
  extract(files: Files): GuardDocument;
}

/** A run of text as a reader, or a screen reader, would meet it. */
export interface TextBlock {
  readonly text: string;
  /** Element name, attribute as name@element, or text. */
  readonly scope: string;
  /** Vale's scope of it, such as text.heading.h2.html, text.attr.alt.html or text.list.md. */
  readonly markup: string;
  /** false for what CSS, hidden or aria-hidden keeps from sight. */
  readonly visible: boolean;
  /** Offset in the source where the block begins. */
  readonly offset: number;
  /** Source offset of each UTF-16 unit of the text, and of its end: one more than the text is long. */
  readonly map: readonly number[];
}

export interface DocumentElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Text of the element and its descendants, spaces folded. */
  readonly text: string;
  /** false for what CSS, hidden or aria-hidden keeps from sight. */
  readonly visible: boolean;
  readonly offset: number;
}

/** One file of an asset, taken apart for the rules. */
export interface DocumentPart {
  readonly file: string;
  /** headers: what a reader meets before an email is opened; nobody looks for an imprint there. */
  readonly format: 'html' | 'svg' | 'text' | 'markdown' | 'headers';
  readonly source: string;
  readonly blocks: readonly TextBlock[];
  /** Elements in document order; empty for text. */
  readonly elements: readonly DocumentElement[];
}

/** Kind of what is judged; text is what mhub did not make, such as a Markdown file. */
export type DocumentKind = AssetKindId | 'text';

export interface GuardDocument {
  readonly kind: DocumentKind;
  readonly parts: readonly DocumentPart[];
  /** Of an email, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

// ---- what the world says about a document ---------------------------------------------------------------------------

/** What a rule must be told about the world before it can judge. */
export type Need = 'browser' | 'links' | 'secrets';

/** Why there is no observation. */
export interface Unavailable {
  readonly unavailable: string;
}

/** What axe and a look at the pixels say about one element. */
export interface BrowserFinding {
  /** Rule of axe, such as color-contrast. */
  readonly rule: string;
  readonly help: string;
  readonly selector: string;
  /** Position among the elements of the part that the source spells out; left out when it has none. */
  readonly element?: number;
  /** Worst contrast of text and background, measured from the pixels. */
  readonly contrast?: { readonly ratio: number; readonly required: number };
}

export interface BrowserObservation {
  /** Browser and axe with their versions. */
  readonly engine: string;
  /** By file. */
  readonly files: Readonly<
    Record<
      string,
      {
        readonly violations: readonly BrowserFinding[];
        /** What axe could not decide, and the pixels could not either. */
        readonly undecided: readonly BrowserFinding[];
        /** Text of console errors and of requests that the page tried to make. */
        readonly misdeeds: readonly string[];
      }
    >
  >;
}

export interface LinkObservation {
  /** ok: 2xx; unverifiable: refused to machines, rate-limited or not reachable; refused: not asked, for it is not public. */
  readonly state: 'ok' | 'broken' | 'unverifiable' | 'refused';
  /** Such as "404", or why it could not be asked. */
  readonly because: string;
  /** Where redirects led. */
  readonly final?: string;
}

export interface SecretFinding {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  /** What it looks like, such as an AWS access key; never the secret itself. */
  readonly what: string;
}

export interface Observations {
  readonly browser?: BrowserObservation | Unavailable;
  /** By absolute address. */
  readonly links?: Readonly<Record<string, LinkObservation>> | Unavailable;
  readonly secrets?: readonly SecretFinding[] | Unavailable;
}

/** What a rule may know beside the document. */
export interface RuleContext {
  readonly now: Instant;
  readonly unit: Unit;
  readonly channel: Named<ChannelConfig>;
  readonly limits: ChannelLimits;
  /** BCP 47 tag of the asset. */
  readonly locale: string;
  /** Where the audience is; undefined: it may be anywhere. */
  readonly jurisdictions: readonly string[] | undefined;
  readonly observed: Observations;
  /** Slot of the asset: when it goes out, and what went out on the channel before. */
  readonly due?: Instant;
  readonly sent: readonly Instant[];
  /** Words that the rule's pack accepts and rejects, as regular expressions. */
  readonly vocabulary: { readonly accept: readonly string[]; readonly reject: readonly string[] };
  /** Facts the asset cites. */
  readonly facts: readonly Fact[];
  /** Words of everything people wrote: brand, offers, segments, campaign and templates. */
  readonly authored: string;
  /** Paths that exist on the site, or will once this run has published, such as /spring/. */
  readonly sitePaths: ReadonlySet<string>;
}

/** What a rule reports; the pack adds its name and severity. */
export interface RuleFinding {
  readonly message: string;
  readonly file: string;
  /** From 1, in code points. */
  readonly line: number;
  readonly column: number;
  readonly end_line?: number;
  readonly end_column?: number;
  readonly selector?: string;
  readonly excerpt: string;
  /** The only replacement that is right. */
  readonly fix?: { readonly from: string; readonly to: string };
}

/** A rule that applies and has not looked, and why. */
export interface NotEvaluated {
  readonly notEvaluated: string;
}

/** A sample that proves a rule: the rule's params and one small asset. */
export interface RuleExample<P> {
  readonly with: P;
  readonly kind: DocumentKind;
  readonly files: Readonly<Record<string, string>>;
  /** Changes to the sample workspace of src/core/policy/sample.ts. */
  readonly context?: Partial<RuleContext>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Which way a value of a rule's params may be changed by a later layer; whatever has no direction stays as it is. */
export type Direction = 'add' | 'lower' | 'raise' | 'turn-on' | 'earlier' | 'later';

export interface Rule<P = unknown> {
  readonly id: string;
  readonly about: string;
  readonly params: JsonSchema;
  /** What it must be told about the world. */
  readonly needs?: readonly Need[];
  /**
   * Pure, and possibly without end: the caller has a deadline.
   * @returns undefined: the rule has nothing to say about such an asset
   * @throws CannotJudge
   */
  check(document: GuardDocument, params: P, context: RuleContext): readonly RuleFinding[] | NotEvaluated | undefined;
  /** Path of a param, such as limits.max_per_day -> which way is tighter. */
  readonly tighten?: Readonly<Record<string, Direction>>;
  /** What is wrong with params beyond their schema: patterns that do not compile, tokens that never match. */
  lint?(params: P, unit: Pick<Unit, 'styles'>): readonly string[];
  /** It runs no pattern of a pack, and an end in the middle would break what its library remembers: it has no deadline. */
  readonly uninterruptible?: true;
  /** Loads what only some params or channels need, such as a dictionary. */
  prepare?(params: P, limits?: readonly ChannelLimits[]): Promise<void>;
  readonly examples: { readonly pass: readonly RuleExample<P>[]; readonly fail: readonly RuleExample<P>[] };
}

export interface ChannelLimits {
  /** Most graphemes of the text of one publication. */
  readonly maxLength?: number;
  /** How the network counts: graphemes when left out, else as X does (twitter-text). */
  readonly weighted?: true;
  /** What an address counts, however long it is. */
  readonly link?: number;
}

/** How doubt about a call is settled: do it again, replay its key, ask, or never resend. */
export type ChannelClass = Intent['class'];

export interface Published {
  readonly url: string;
  /** Of mail to a list: how many it went to. */
  readonly recipients?: NonNullable<Receipt['recipients']>;
  /** For channels that live in the tree: what the publication writes. */
  readonly changes: readonly FileChange[];
}

export interface ChannelContext {
  readonly now: Instant;
  readonly unit: Unit;
  readonly channel: Named<ChannelConfig>;
  /** What stands on the channel already, newest first. */
  readonly published: readonly Publication[];
}

/**
 * Where publications go. A channel has either `files` (it lives in the tree: its effect is in the commit of its
 * receipt) or `publish` (its effect leaves the repository).
 */
export interface Channel {
  readonly id: string;
  readonly about: string;
  readonly params: JsonSchema;
  /** Names of the environment variables it needs. */
  readonly env: readonly string[];
  /** Names of the environment variables that its params ask for. */
  envOf?(params: Readonly<Record<string, unknown>>): readonly string[];
  /** utm_medium of links on it. */
  readonly medium: 'site' | 'email' | 'social';
  /** Kinds of assets it can carry. */
  readonly kinds: readonly AssetKindId[];
  readonly limits: ChannelLimits;
  /** Those that its params ask for. */
  limitsFor?(params: Readonly<Record<string, unknown>>): ChannelLimits;
  readonly class: ChannelClass;
  /** Class key: for how many minutes the receiver knows a key again. */
  readonly keyMinutes?: number;
  /** Pure: what publishing writes, including what is derived for the whole channel (indexes, feeds). */
  files?(publication: Publication, context: ChannelContext): Promise<Published>;
  /** Pure: what taking a publication of the tree down writes; `published` no longer has it. Without it nothing is recalled. */
  withdraw?(publication: Publication, context: ChannelContext): Promise<readonly FileChange[]>;
  /** Headers that an email on the channel carries, by lower-case name, so that Guard can judge them. */
  headers?(copy: Copy, unit: Unit): Readonly<Record<string, string>>;
  /**
   * One call that carries the receipt's key.
   * @throws Failed with mayHaveHappened; whatever else it throws is treated as having happened
   */
  publish?(publication: Publication, context: ChannelContext, io: Io): Promise<Published>;
  /** Asks the channel for a key; null when it provably has nothing of it. */
  find?(publication: Publication, context: ChannelContext, io: Io): Promise<Published | null>;
  /** Instead of `publish`: a publication that goes to many people, each of them accounted for by the shell. */
  readonly mailing?: Mailing;
  /** Readings per asset since the last one. */
  metrics?(published: readonly Publication[], context: MetricsContext): Promise<readonly Reading[]>;
  /**
   * Fetches a publication back and compares it with what was sent.
   * @throws Blocked, or Failed when nothing can be said now
   */
  verify?(publication: Publication, context: ChannelContext, io: Io): Promise<LiveCheck>;
  /** Whether it could be used right now: credentials, scopes, what is left of a quota, the sender's domain. It changes nothing. */
  preflight?(context: Pick<ChannelContext, 'now' | 'unit' | 'channel'>, io: Io): Promise<readonly PreflightCheck[]>;
}

export interface MetricsContext {
  readonly unit: Unit;
  readonly channel: Named<ChannelConfig>;
  /** What was filed of the campaign and its brand before. */
  readonly signals: readonly FiledSignal[];
  readonly io: Io;
}

export interface PreflightCheck {
  /** Such as SMTP_PASS or DMARC of example.com. */
  readonly what: string;
  /** broken: it will not work; unknown: nobody answered, which says nothing. */
  readonly state: 'ok' | 'broken' | 'unknown';
  /** One line: what was found, and what to do about it. */
  readonly say: string;
}

/** What was seen of a publication in public. */
export interface LiveCheck {
  /** absent: nothing is there; altered: something else than what was sent. */
  readonly state: 'verified' | 'absent' | 'altered';
  /** One line each: what differs, such as a link that is gone. Empty when verified. */
  readonly differences: readonly string[];
}

// ---- mail to many ---------------------------------------------------------------------------------------------------

/** Somebody on a list. The address lives in memory alone: it is never written, printed or committed. */
export interface Recipient {
  /** Keyed hash of the address for this publication: all that the ledger knows of a person. */
  readonly id: string;
  readonly address: string;
  /** Where this person alone leaves the list with one click (RFC 8058). */
  readonly unsubscribeUrl: string;
}

/** What became of one message. */
export interface Delivery {
  readonly recipient: string;
  /** deferred: provably not sent, and worth another try; refused: provably not sent, and never will be. */
  readonly state: 'sent' | 'deferred' | 'refused' | 'in_doubt';
  /** Of a refused one: the address does not exist or its owner complained, so nothing is sent there again. */
  readonly bounced?: true;
  /** What the server says; never an address. */
  readonly because?: string;
}

export interface MailBatch {
  readonly publication: Publication;
  /** At most as many as `atOnce` of the channel. */
  readonly recipients: readonly Recipient[];
  /** The same recipients in the same order have the same key. */
  readonly key: string;
}

export interface MailingSession {
  /**
   * One delivery per recipient of the batch, in any order.
   * @throws Blocked, Failed: of the whole batch; whatever else it throws leaves the whole batch in doubt
   */
  send(batch: MailBatch): Promise<readonly Delivery[]>;
  close(): Promise<void>;
}

/** Sending to people one by one. Class key: a batch that is sent again with its key changes nothing for `keyMinutes`. */
export interface Mailing {
  /** Most recipients of one call to `send`: what is in doubt when a process dies. */
  readonly atOnce: number;
  /** Logs in. @throws Blocked, Failed: nothing has been sent */
  open(context: Pick<ChannelContext, 'now' | 'unit' | 'channel'>, io: Io): Promise<MailingSession>;
}

/** A channel whose publications are files of the repository. */
export type TreeChannel = Channel & Required<Pick<Channel, 'files'>>;

/** What a copy engine is given beside the brief. */
export interface EngineContext {
  readonly params: Readonly<Record<string, unknown>>;
  /** templates/, by repo path: its prompts are among them. */
  readonly templates: Files;
  /** What was accepted before, by the digest of the request. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** Most tokens that this asset may take, over all calls. */
  readonly tokens?: number;
  readonly io: Io;
}

/** The most that one asset may take. */
export interface EngineEstimate {
  /** Over all calls; 0: the answer is there already, and nobody is asked. */
  readonly tokens: number;
  readonly model: string;
  /** Decimal amount; left out where nobody said what tokens cost. */
  readonly cost?: string;
  readonly currency?: string;
}

export interface Engine {
  readonly id: string;
  readonly about: string;
  /** Of `engine_params` in mhub.yaml. */
  readonly params: JsonSchema;
  readonly env: readonly string[];
  /** Names of the environment variables that its params name. */
  envOf?(params: Readonly<Record<string, unknown>>): readonly string[];
  /**
   * Most that one asset may take; left out by an engine that asks no model.
   * @throws Blocked when its params or prompts are not usable
   */
  estimate?(brief: Brief, context: Omit<EngineContext, 'io' | 'tokens'>): EngineEstimate;
  /** Currency of what it costs; undefined: its params do not say what tokens cost. */
  currencyOf?(params: Readonly<Record<string, unknown>>): string | undefined;
  /** What is wrong with its params beyond their schema, by key. */
  lint?(
    context: Pick<EngineContext, 'params' | 'templates'>,
  ): readonly { readonly key: string; readonly message: string }[];
  /** Names of environment variables that must not be set, because what it is made of would obey them. */
  readonly unset?: readonly string[];
  /**
   * @throws Blocked, or GenerationFailed with what it has cost all the same
   */
  generate(brief: Brief, context: EngineContext): Promise<Written>;
}

/** One thing a source or channel observed; Sense and Measure file it as a signal. */
export type Reading = Omit<Signal, 'source'>;

export interface Source {
  readonly id: string;
  readonly about: string;
  readonly params: JsonSchema;
  readonly env: readonly string[];
  /** Files of the repository that it reads: they are inputs, and a change of them wakes the loop. */
  inputs(params: Readonly<Record<string, unknown>>): readonly string[];
  read(params: Readonly<Record<string, unknown>>, io: Io): Promise<readonly Reading[]>;
}

/** A finished batch of raw events of `mhub serve`; its content never changes. */
export interface EventBatch {
  readonly name: string;
  readonly text: string;
}

/** The world as an adapter may see it. */
export interface Io {
  readonly env: Readonly<Record<string, string>>;
  readonly now: Instant;
  readonly fetch: typeof fetch;
  /** One value for the whole run, such as the session of a login; a failure is not kept. */
  readonly once: <T>(name: string, make: () => Promise<T>) => Promise<T>;
  /** TXT records of a domain name; none when there are none. @throws Failed when no resolver answers */
  readonly txtRecords: (name: string) => Promise<readonly string[]>;
  /** Lets time pass between two calls. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Once it is aborted, no call begins any more. */
  readonly stopping: AbortSignal;
  /** A file of the repository at the run's base commit. */
  readonly file: (path: string) => Promise<string | undefined>;
  /** Raw events that no run has folded into signals yet. */
  readonly events: () => Promise<readonly EventBatch[]>;
}

export type { Angle };
