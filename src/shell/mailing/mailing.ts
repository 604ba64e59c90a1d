/**
 * Mail to a list: everybody on it is claimed in the repository before they are sent anything, chunk by chunk, and what
 * became of them is filed with the claims of the next. What is not provably sent is listed as in doubt.
 */
import type { Note, Outcome } from '../../core/contracts.ts';
import { malformedLine, verdictOn, waiting } from '../../core/mailing/plan.ts';
import { type MailingRecords, recordsFolder, recordsPath } from '../../core/mailing/records.ts';
import { withoutAddresses } from '../../core/mailing/results.ts';
import { faultPoint } from '../fault.ts';
import { Overtaken } from '../transact.ts';
import { Desk, type Order, openRecords, setupOf } from './desk.ts';
import { keepPace, type Stop, sendAgain, sendChunk, stopBeforeChunk, stopOf } from './sending.ts';

/** Settles what other runs have claimed and not told of. */
async function settleClaims(desk: Desk): Promise<Stop | undefined> {
  const { guard, effect } = desk.order;
  let stop: Stop | undefined;
  let suppressed: ReadonlySet<string> | undefined;
  for (const claims of desk.records.doubtful()) {
    const memory = desk.memory.batchesOf(claims.run, claims.chunk);
    const { results, again } = verdictOn(claims, memory, effect.intent.class);
    desk.enterResults(claims.batch, results, memory?.flatMap(({ bounced }) => bounced) ?? []);
    for (const one of again) {
      stop ??= await stopBeforeChunk(desk);
      if (stop) break;
      // Its run may have told after all.
      if (!suppressed && (await guard.isOvertaken())) throw new Overtaken();
      suppressed ??= await desk.suppressed();
      stop = await sendAgain(desk, claims, one, suppressed);
    }
  }
  return stop;
}

/** Those to whom nothing can be sent are on record like everybody else. */
function enterMalformed(desk: Desk): void {
  const fresh = desk.audience.malformed.filter((person) => desk.records.stateOf(person) === undefined);
  if (fresh.length > 0) desk.enter(desk.nextBatch(), [malformedLine(desk.filing, fresh)]);
}

/** @returns why it ends before everybody has been tried */
async function sendToAll(desk: Desk): Promise<Stop | undefined> {
  const { pass, guard, effect } = desk.order;
  const { params, pace } = desk.setup;
  const { key, asset } = effect.intent;
  enterMalformed(desk);
  const unsettled = await settleClaims(desk);
  if (unsettled) return unsettled;
  for (;;) {
    if (desk.nextCallAt > guard.monotonic()) {
      await desk.commit('results');
      await keepPace(desk);
    }
    const stop = await stopBeforeChunk(desk);
    if (stop) return stop;
    const { next, putOff, unsubscribed } = waiting(desk.audience, desk.records, await desk.suppressed(), desk.tried);
    if (next.length === 0) {
      desk.unsubscribed = unsubscribed;
      return putOff === 0 ? undefined : { how: 'later', why: `the server has put off ${putOff}` };
    }
    const { maxRecipientsPerRun: most = Infinity } = params;
    const left = most - (guard.mailed.get(key) ?? 0);
    if (left <= 0) return { how: 'later', why: `max_recipients_per_run ${most} is reached` };
    // Whoever is not let in claims nobody.
    await desk.channelSession();
    const { sent } = desk.records.counts();
    pass.onProgress(`mail ${asset}: ${sent} of ${desk.audience.people.length}`);
    const interrupted = await sendChunk(desk, next.slice(0, Math.min(pace.chunk, left)));
    if (interrupted) return interrupted;
  }
}

const LEVEL = { blocked: 'blocked', failed: 'failed', held: 'halted', later: 'waiting' } as const satisfies Record<
  Stop['how'],
  Note['level']
>;

/** What is told of a mailing that goes on in the next run. */
function unfinished(
  { effect }: Order,
  records: MailingRecords,
  stop: Stop,
  total: number | undefined,
): Outcome<'publish'> {
  const { sent, in_doubt, claimed } = records.counts();
  const doubtful = in_doubt + claimed;
  const parts = [
    `${sent}${total === undefined ? '' : ` of ${total}`} have it`,
    ...(doubtful === 0 ? [] : [`${doubtful} are in doubt`]),
  ];
  return {
    effect,
    status: 'failed',
    reason: `${parts.join(', ')}; it goes on in the next run: ${stop.why}`,
    mayHaveHappened: true,
    begun: LEVEL[stop.how],
    ...(stop.how === 'failed' && stop.until !== undefined ? { until: stop.until } : {}),
  };
}

/** Nobody has it, so that it is given back like any other call. */
function notBegun({ effect }: Order, stop: Stop): Outcome<'publish'> {
  if (stop.how === 'blocked') return { effect, status: 'blocked', missing: stop.missing, todo: stop.why };
  return {
    effect,
    status: 'failed',
    reason: stop.how === 'held' ? `held back, ${stop.why}` : stop.why,
    mayHaveHappened: false,
    ...(stop.how === 'held' ? { held: true } : {}),
    ...(stop.how === 'failed' && stop.until !== undefined ? { until: stop.until } : {}),
  };
}

/** What a channel says may quote what it was given. */
const withoutSecrets = ({ pass: { performer } }: Order, stop: Stop): Stop => ({
  ...stop,
  why: performer.secrets.redact(withoutAddresses(stop.why)),
});

function outcomeOf(order: Order, records: MailingRecords, stop: Stop, total?: number): Outcome<'publish'> {
  const told = withoutSecrets(order, stop);
  const isBegun = records.hasReachedAnybody() || stop.how === 'later';
  return isBegun ? unfinished(order, records, told, total) : notBegun(order, told);
}

/** Who is in doubt gets nothing more, and a person should know of them. */
export function doubtNote({ effect: { intent } }: Order, records: MailingRecords): Note | undefined {
  const { in_doubt } = records.counts();
  if (in_doubt === 0) return undefined;
  const files = records.inDoubt().map((batch) => recordsPath(intent.key, batch));
  const shown = files.length > 3 ? `${files.length} files of ${recordsFolder(intent.key)}` : files.join(', ');
  const message = `${intent.asset} on ${intent.channel}: ${in_doubt} recipients may have it or not, and get nothing more: ${shown}`;
  return { level: 'in_doubt', scope: intent.campaign, message };
}

/** Sends, or goes on sending, a publication to a list. */
export async function mail(order: Order): Promise<Outcome<'publish'>> {
  const { pass, guard, effect } = order;
  let records: MailingRecords | undefined;
  let desk: Desk;
  try {
    records = await openRecords(order);
    desk = await Desk.open(order, setupOf(order), records);
  } catch (error) {
    const stop = stopOf(error);
    if (records) return outcomeOf(order, records, stop);
    return { effect, status: 'failed', reason: stop.why, mayHaveHappened: true, begun: 'halted' };
  }
  guard.journal.write({ state: 'begun', at: pass.context.now });
  faultPoint('mail-list-read');
  let stop: Stop | undefined;
  try {
    stop = await sendToAll(desk).catch(stopOf);
    await desk.commit('results');
  } finally {
    await desk.close();
  }
  faultPoint('mail-filed');
  const total = desk.audience.people.length;
  const { claimed, ...counts } = desk.records.counts();
  const rest: Stop | undefined = claimed === 0 ? undefined : { how: 'failed', why: `${claimed} are asked about again` };
  const why = stop ?? rest;
  if (why) return outcomeOf(order, desk.records, why, total);
  desk.memory.forget();
  const note = doubtNote(order, desk.records);
  if (note) pass.notes.push(note);
  return {
    effect,
    status: 'done',
    value: {
      url: recordsFolder(effect.intent.key),
      changes: [],
      recipients: { ...counts, unsubscribed: desk.unsubscribed, without_consent: desk.audience.withoutConsent },
    },
  };
}
