/** Everything that one mailing works with in one pass: whom it is for, what is known of them, what is to be written. */
import type {
  CampaignInput,
  Channel,
  Io,
  Mailing,
  MailingSession,
  Publication,
  Recipient,
} from '../../core/contracts.ts';
import { plannedPublication } from '../../core/ledger.ts';
import type { Audience, Person } from '../../core/mailing/audience.ts';
import { type MailingParams, mailingParamsOf } from '../../core/mailing/params.ts';
import { type Pace, paceOf } from '../../core/mailing/plan.ts';
import { batchName, type MailingRecords } from '../../core/mailing/records.ts';
import { type Filing, type Result, resultLines } from '../../core/mailing/results.ts';
import type { RecipientBatch, Suppression } from '../../generated/entities.ts';
import { type CallGuard, type PublishEffect, withTimeout } from '../calling.ts';
import type { Pass } from '../pass.ts';
import { readAudience } from './audience.ts';
import { type Entry, readRecords, recordsChangeSet } from './books.ts';
import { type MailingMemory, mailingMemory } from './memory.ts';
import { mailingEnv, requireSameSecret, type Secret, secretOf, unsubscribeRoute, unsubscribeUrl } from './setup.ts';
import { committedSuppressions, remoteSuppressions, SUPPRESSED, suppressedPath } from './suppression.ts';

export type MailingChannel = Channel & { readonly mailing: Mailing };

/** What is asked for, and who asks. */
export interface Order {
  readonly pass: Pass;
  readonly guard: CallGuard;
  readonly input: CampaignInput;
  readonly effect: PublishEffect;
  readonly channel: MailingChannel;
}

/** The part of it that nothing outside is asked for. */
interface Setup {
  readonly params: MailingParams;
  readonly pace: Pace;
  readonly secret: Secret;
  readonly route: URL;
  readonly io: Io;
}

const neededBy = ({ channel, effect }: Order): string[] => [
  ...channel.env,
  ...(channel.envOf?.(effect.channel.params ?? {}) ?? []),
];

/** @throws Blocked */
export function setupOf(order: Order): Setup {
  const { pass, guard, effect, input, channel } = order;
  const settings = effect.channel.params ?? {};
  const io = pass.performer.io(mailingEnv(pass.performer.secrets, neededBy(order), settings));
  const params = mailingParamsOf(settings);
  return {
    params,
    pace: paceOf(params, channel.mailing.atOnce, guard.windowMs),
    secret: secretOf(io),
    route: unsubscribeRoute(input.unit.brand),
    io,
  };
}

export class Desk {
  readonly order: Order;
  readonly setup: Setup;
  readonly records: MailingRecords;
  readonly audience: Audience;
  readonly memory: MailingMemory;
  readonly publication: Publication;
  /** Those who were put off in this pass. */
  readonly tried = new Set<string>();
  /** On the monotonic clock: when the next call may begin. */
  nextCallAt = 0;
  /** Those who were left out when nobody was left to be mailed. */
  unsubscribed = 0;
  private chunks = 0;
  private entries: Entry[] = [];
  private bounced = new Set<string>();
  private session: MailingSession | undefined;
  private read: { readonly version: number; readonly suppressions: readonly Suppression[] } | undefined;

  private constructor(order: Order, setup: Setup, records: MailingRecords, audience: Audience) {
    [this.order, this.setup, this.records, this.audience] = [order, setup, records, audience];
    this.memory = mailingMemory(order.guard.root, order.effect.intent.key);
    this.publication = plannedPublication(order.effect);
  }

  /** @throws Blocked, Failed */
  static async open(order: Order, setup: Setup, records: MailingRecords): Promise<Desk> {
    const { pass, guard, effect } = order;
    const { secret, io, params } = setup;
    requireSameSecret(secret, records.secrets, await committedSuppressions(pass.world));
    return new Desk(order, setup, records, await readAudience(guard.root, io, params, secret.key, effect.intent.key));
  }

  /** @throws Blocked, Failed: nothing has been sent */
  async channelSession(): Promise<MailingSession> {
    const { order, setup } = this;
    const { input, effect, channel } = order;
    this.session ??= await channel.mailing.open(
      { now: input.now, unit: input.unit, channel: effect.channel },
      setup.io,
    );
    return this.session;
  }

  /** Whoever hangs up too slowly is left alone. */
  async close(): Promise<void> {
    const { session } = this;
    const { pass, guard } = this.order;
    this.session = undefined;
    if (session) await withTimeout<void>(session.close(), () => undefined, guard.timeoutMs, pass.stopping);
  }

  recipientOf = ({ id, address, suppression }: Person): Recipient => ({
    id,
    address,
    unsubscribeUrl: unsubscribeUrl(this.setup.route, suppression),
  });

  /** @throws Failed */
  private async committed(): Promise<readonly Suppression[]> {
    const { world } = this.order.pass;
    const version = world.versionOf([SUPPRESSED]);
    if (this.read?.version !== version) this.read = { version, suppressions: await committedSuppressions(world) };
    return this.read.suppressions;
  }

  /** Ids of everybody who gets no more mail, as of now. @throws Blocked, Failed */
  async suppressed(): Promise<ReadonlySet<string>> {
    const { setup } = this;
    const committed = await this.committed();
    requireSameSecret(setup.secret, this.records.secrets, committed);
    const remote = await remoteSuppressions(setup.io, setup.secret.key);
    return new Set([...committed.map(({ recipient }) => recipient), ...remote, ...this.bounced]);
  }

  /** The name of the next file of claims. */
  nextBatch(): string {
    return batchName(this.order.pass.context.run, this.chunks + 1);
  }

  beginChunk(): number {
    this.chunks += 1;
    return this.chunks;
  }

  get filing(): Filing {
    const { run, now } = this.order.pass.context;
    return { run, at: now, secret: this.setup.secret.fingerprint };
  }

  /** From now on it is known here, and written with the next commit. */
  enter(batch: string, lines: readonly RecipientBatch[]): void {
    this.records.add(batch, lines);
    this.entries.push({ batch, lines });
  }

  enterResults(batch: string, results: readonly Result[], bounced: readonly string[]): void {
    for (const { state, recipients } of results) {
      if (state === 'deferred') for (const person of recipients) this.tried.add(person);
    }
    this.enter(
      batch,
      resultLines(this.filing, results, (person) => this.records.deferrals(person)),
    );
    for (const person of bounced) this.bounced.add(person);
  }

  /** Makes everything that was entered durable, on the remote as well. */
  async commit(title: string): Promise<void> {
    const { pass, effect } = this.order;
    const { intent } = effect;
    const known = new Set((await this.committed()).map(({ recipient }) => recipient));
    const { at, secret } = this.filing;
    const added = [...this.bounced]
      .filter((recipient) => !known.has(recipient))
      .map((recipient) => ({ recipient, because: 'bounced' as const, secret, at }));
    await pass.take(
      await recordsChangeSet(pass.world, {
        scope: intent.campaign,
        title: `${intent.campaign}, ${intent.asset}: ${title}`,
        publication: intent.key,
        entries: this.entries,
        suppressions: { path: suppressedPath(pass.context.run, pass.context.now), added },
      }),
    );
    this.entries = [];
    await pass.commit();
  }
}

export const openRecords = ({ pass, effect }: Order): Promise<MailingRecords> =>
  readRecords(pass.world, effect.intent.key);
