/** The calls of a mailing, one batch after another: each asked for once more, paced, given its time and remembered. */
import { switchStop } from '../../core/breakers.ts';
import type { Delivery, Instant } from '../../core/contracts.ts';
import { Blocked, Failed, isRefusedByMachine, Killed } from '../../core/errors.ts';
import type { Person } from '../../core/mailing/audience.ts';
import { type Again, batchKey, isFinal, isRepeatable } from '../../core/mailing/plan.ts';
import type { Claims } from '../../core/mailing/records.ts';
import { claimLine, type Result, resultsOf, slices, withoutAddresses } from '../../core/mailing/results.ts';
import { isKeyKnown } from '../../core/settle.ts';
import { flipped, unlessStopped, withTimeout } from '../calling.ts';
import { faultPoint } from '../fault.ts';
import type { Desk } from './desk.ts';

/** Why a mailing goes no further in this run. */
export type Stop =
  | { readonly how: 'blocked'; readonly missing: readonly string[]; readonly why: string }
  | { readonly how: 'failed'; readonly why: string; readonly until?: Instant }
  /** A switch, or a signal. */
  | { readonly how: 'held'; readonly why: string }
  /** As it was set: the next run goes on. */
  | { readonly how: 'later'; readonly why: string };

/** What stops a mailing instead of ending the run; everything else is thrown on. */
export function stopOf(error: unknown): Stop {
  if (error instanceof Blocked) return { how: 'blocked', missing: error.missing, why: error.todo };
  if (!(error instanceof Failed)) throw error;
  return { how: 'failed', why: error.message, ...(error.until === undefined ? {} : { until: error.until }) };
}

const signalled = ({ order: { pass } }: Desk): Stop | undefined =>
  pass.stopping.aborted ? { how: 'held', why: `the run was stopped by ${pass.stopping.reason}` } : undefined;

/** Everything that may have been flipped anywhere. */
export async function stopBeforeChunk(desk: Desk): Promise<Stop | undefined> {
  const { guard, input, effect } = desk.order;
  const stop = await flipped(guard, input, effect);
  return stop ? { how: 'held', why: stop.why } : signalled(desk);
}

/** How often a batch asks the disk. */
const LOOK_MS = 1_000;

/** Between two batches only this machine is asked: the remote costs as much as a batch does. */
class Lookout {
  private readonly desk: Desk;
  private last: number;

  constructor(desk: Desk) {
    this.desk = desk;
    this.last = desk.order.guard.monotonic();
  }

  async stop(): Promise<Stop | undefined> {
    const { guard, input, effect } = this.desk.order;
    const now = guard.monotonic();
    if (now - this.last >= LOOK_MS) {
      this.last = now;
      const { campaign, channel } = effect.intent;
      const here = await guard.switches.read(input.unit, { channel, effect: 'tree' });
      const stop = switchStop(here, campaign, channel, input.now);
      if (stop) return { how: 'held', why: stop.why };
    }
    return signalled(this.desk);
  }
}

const idsOf = (people: readonly Person[]): string[] => people.map(({ id }) => id);

interface Sent {
  readonly results: readonly Result[];
  /** Ids among those who get no more mail. */
  readonly bounced: readonly string[];
  readonly stop?: Stop;
}

/** A batch of which nothing good came; the next one would hardly fare better. */
function broken(error: unknown, recipients: readonly string[], redact: (text: string) => string): Sent {
  if (error instanceof Killed || isRefusedByMachine(error)) throw error;
  if (error instanceof Blocked || (error instanceof Failed && !error.mayHaveHappened)) {
    const stop = stopOf(error);
    return { results: [{ state: 'released', recipients }], bounced: [], stop: { ...stop, why: redact(stop.why) } };
  }
  const why = redact(error instanceof Error ? error.message : String(error));
  return { results: [{ state: 'in_doubt', because: why, recipients }], bounced: [], stop: { how: 'failed', why } };
}

async function callChannel(desk: Desk, key: string, people: readonly Person[]): Promise<Sent> {
  const { pass, guard } = desk.order;
  const redact = (text: string): string => withoutAddresses(pass.performer.secrets.redact(text));
  const ids = idsOf(people);
  try {
    const session = await desk.channelSession();
    const late = (reason: string): readonly Delivery[] | Failed => new Failed(reason, { mayHaveHappened: true });
    const deliveries = await withTimeout<readonly Delivery[] | Failed>(
      session.send({ publication: desk.publication, recipients: people.map(desk.recipientOf), key }),
      late,
      guard.timeoutMs,
      pass.stopping,
    );
    if (deliveries instanceof Failed) throw deliveries;
    const told = deliveries.map((one) => (one.because === undefined ? one : { ...one, because: redact(one.because) }));
    const dead = new Set(deliveries.filter(({ bounced }) => bounced).map(({ recipient }) => recipient));
    const results = resultsOf(ids, told);
    const bounced = people.filter(({ id }) => dead.has(id)).map(({ suppression }) => suppression);
    return { results, bounced, ...stopAfter(results) };
  } catch (error) {
    return broken(error, ids, redact);
  }
}

const hasOnly = (state: Result['state'], results: readonly Result[]): boolean =>
  results.every((result) => result.state === state);

/** A server that leaves a whole batch in doubt is asked no more in this run. */
function stopAfter(results: readonly Result[]): Pick<Sent, 'stop'> {
  const [first] = results;
  return hasOnly('in_doubt', results) ? { stop: { how: 'failed', why: first?.because ?? 'nobody answers' } } : {};
}

/** Nor is one that puts off so many batches in a row. */
const MAX_PUT_OFF = 3;

interface Call {
  readonly claims: Pick<Claims, 'run' | 'chunk'>;
  readonly index: number;
  readonly people: readonly Person[];
}

async function sendBatch(desk: Desk, { claims, index, people }: Call): Promise<Sent> {
  const { effect } = desk.order;
  const { run, chunk } = claims;
  desk.memory.write({ run, chunk, state: 'calling', batch: index, recipients: idsOf(people) });
  faultPoint('mail-batch-journaled');
  const sent = await callChannel(desk, batchKey(effect.intent.key, claims, index), people);
  faultPoint('mail-batch-sent');
  const { results, bounced } = sent;
  desk.memory.write({ run, chunk, state: 'answered', batch: index, results, bounced });
  faultPoint('mail-batch-remembered');
  return sent;
}

/** Until the next call may begin. */
export async function keepPace(desk: Desk): Promise<void> {
  const { guard, pass } = desk.order;
  const rest = desk.nextCallAt - guard.monotonic();
  if (rest > 0) await unlessStopped(guard.sleep(rest), pass.stopping);
}

function countCall(desk: Desk, recipients: number): void {
  const now = desk.order.guard.monotonic();
  desk.nextCallAt = Math.max(now, desk.nextCallAt) + desk.setup.pace.gap(recipients);
}

/** People whose claims stand on the remote. */
interface Chunk {
  readonly batch: string;
  readonly claims: Call['claims'];
  readonly batches: readonly (readonly Person[])[];
  /** On the monotonic clock: from then on others may have seen the claims. */
  readonly written: number;
}

/** Writes claims, together with the results before them, and makes that durable everywhere. */
async function claim(desk: Desk, people: readonly Person[]): Promise<Chunk> {
  const { pass, guard, effect } = desk.order;
  const { key, class: kind } = effect.intent;
  const batch = desk.nextBatch();
  const claims = { run: pass.context.run, chunk: desk.beginChunk() };
  const batches = slices(people, desk.setup.pace.batch);
  // A receiver that knows keys may be sent a batch again by another run, which has to be told which it was.
  const lines = isRepeatable(kind) ? batches : [people];
  desk.enter(
    batch,
    lines.map((group) => claimLine(desk.filing, idsOf(group))),
  );
  guard.mailed.set(key, (guard.mailed.get(key) ?? 0) + people.length);
  desk.memory.write({ ...claims, state: 'claiming' });
  faultPoint('mail-claiming');
  // Before the push, whose answer may be slow: others may see the claims long before it comes.
  const written = guard.monotonic();
  await desk.commit(`${people.length} claimed`);
  faultPoint('mail-claimed');
  return { batch, claims, batches, written };
}

/** Sends to those who were claimed, for as long as calls may begin; the others are released. */
async function sendBatches(desk: Desk, { claims, batches, written }: Chunk): Promise<Sent> {
  const { guard } = desk.order;
  const lookout = new Lookout(desk);
  const results: Result[] = [];
  const bounced: string[] = [];
  let stop: Stop | undefined;
  let begun = 0;
  let putOff = 0;
  for (const [index, people] of batches.entries()) {
    if (index > 0) await keepPace(desk);
    stop = await lookout.stop();
    if (stop || guard.monotonic() - written > guard.windowMs) break;
    begun += 1;
    countCall(desk, people.length);
    const sent = await sendBatch(desk, { claims, index, people });
    results.push(...sent.results);
    bounced.push(...sent.bounced);
    putOff = hasOnly('deferred', sent.results) ? putOff + 1 : 0;
    stop = putOff === MAX_PUT_OFF ? { how: 'failed', why: 'the server takes no message now' } : sent.stop;
    if (stop) break;
  }
  const rest = idsOf(batches.slice(begun).flat());
  if (rest.length > 0) results.push({ state: 'released', recipients: rest });
  if (begun === 0) {
    stop ??= { how: 'failed', why: `its claims were pushed only after more than ${guard.windowMs / 1000} s` };
  }
  return { results, bounced, ...(stop && { stop }) };
}

/** Claims people, and sends to them. */
export async function sendChunk(desk: Desk, people: readonly Person[]): Promise<Stop | undefined> {
  const { guard, effect } = desk.order;
  const chunk = await claim(desk, people);
  const { results, bounced, stop } = await sendBatches(desk, chunk);
  faultPoint('mail-chunk-sent');
  // From here on another run may have sent the same batches with their keys.
  const isAlone = guard.monotonic() - chunk.written < guard.windowMs + guard.timeoutMs / 2;
  const isKnown = ({ state }: Result): boolean => state !== 'in_doubt' && (isAlone || isFinal({ state }));
  desk.enterResults(chunk.batch, isRepeatable(effect.intent.class) ? results.filter(isKnown) : results, bounced);
  return stop;
}

const FORGOTTEN = 'the receiver has forgotten the key by now';
const CHANGED = 'the list, or the channel, has changed since it was sent';

/** Sends a batch once more with its key: what the receiver knows it does not do again. */
export async function sendAgain(
  desk: Desk,
  claims: Claims,
  { index, recipients }: Again,
  suppressed: ReadonlySet<string>,
): Promise<Stop | undefined> {
  const { input, channel, effect } = desk.order;
  const open = recipients.filter((person) => claims.states.get(person) === 'claimed');
  const leaveInDoubt = (because: string): void =>
    desk.enterResults(claims.batch, [{ state: 'in_doubt', because, recipients: open }], []);
  const minutes = effect.intent.class === 'natural' ? Infinity : (channel.keyMinutes ?? 0);
  if (!isKeyKnown(claims, input.now, minutes)) {
    leaveInDoubt(FORGOTTEN);
    return undefined;
  }
  const people = recipients.flatMap((id) => desk.audience.byId.get(id) ?? []);
  // Another body under the same key would be refused, and whoever left the list since must not be mailed.
  const isGone = people.length < recipients.length || people.some(({ suppression }) => suppressed.has(suppression));
  if (isGone || people.length > channel.mailing.atOnce) {
    leaveInDoubt(CHANGED);
    return undefined;
  }
  await keepPace(desk);
  const stop = signalled(desk);
  if (stop) return stop;
  countCall(desk, people.length);
  const sent = await sendBatch(desk, { claims, index, people });
  const wanted = new Set(open);
  const known = sent.results
    .filter(isFinal)
    .map((result) => ({ ...result, recipients: result.recipients.filter((person) => wanted.has(person)) }));
  desk.enterResults(
    claims.batch,
    known.filter((one) => one.recipients.length > 0),
    sent.bounced,
  );
  return sent.stop;
}
