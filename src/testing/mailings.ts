/** Mailings by real processes over a real remote, and what must hold of everybody on the list whatever happened. */
import { join } from 'node:path';
import { readLines } from '../core/entity.ts';
import { recipientId, sameAddress } from '../core/mailing/people.ts';
import { MailingRecords } from '../core/mailing/records.ts';
import type { Receipt } from '../generated/entities.ts';
import type { FaultPoint } from '../shell/fault.ts';
import { brokenPromises, type Facts } from './facts.ts';
import { killGroup } from './killing.ts';
import { leaksIn } from './leaks.ts';
import { type MailBook, type MailSink, serveMailSink } from './mail-sink.ts';
import type { MailingKind } from './mailing-channel.ts';
import { FIRST_RUN } from './play.ts';
import { type Ended, liveWorkspace, openRig, type Rig, type Running, type Site, siteBefore } from './rig.ts';
import { filesIn } from './scenario.ts';

export const SECRET = 'a secret of at least thirty-two bytes';
const CHANNEL = 'brands/tidewell/channels/outbox.yaml';

/** Small enough that a list of some dozens takes several chunks. */
export const CHUNK = 8;

const channelFile = (params: string): string => `adapter: smtp
timezone: Europe/Berlin
breakers: { max_publishes_per_day: 1 }
params: { tls: none, audience: url, chunk: ${CHUNK}${params} }
`;

export const OPAQUE: MailingKind = { class: 'opaque', atOnce: 3 };
export const KEYED: MailingKind = { class: 'key', atOnce: 3 };

export interface PostRoom {
  readonly rig: Rig;
  readonly sink: MailSink;
  /** Everything is made and judged, nothing published. */
  readonly template: Site;
  close(): Promise<void>;
}

/** @param params  of the channel, beyond those that all tests have */
export async function openPostRoom(params = ''): Promise<PostRoom> {
  const sink = await serveMailSink();
  const rig = await openRig(sink);
  const files = { ...liveWorkspace(), [CHANNEL]: channelFile(params) };
  const template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, files);
  return {
    rig,
    sink,
    template,
    close: () => {
      rig.remove();
      return sink.close();
    },
  };
}

/** One list and one repository. */
export interface Case {
  readonly name: string;
  readonly site: Site;
  readonly book: MailBook;
}

export const peopleNamed = (names: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${names}-${index}@list.example`);

export function caseOf({ rig, sink, template }: PostRoom, name: string, people: readonly string[]): Case {
  const book = sink.book(name);
  book.people.push(...people);
  return { name, site: rig.copy(template, name), book };
}

export interface Sending {
  readonly kind: MailingKind;
  /** How many runs in one process; 1 when left out. */
  readonly runs?: number;
  readonly kill?: { readonly at: FaultPoint; readonly visit: number };
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: string;
  /** As of the order of a child. */
  readonly alone?: boolean;
  readonly counting?: boolean;
  readonly windowMs?: number;
  readonly timeoutMs?: number;
  readonly command?: readonly string[];
}

export function startMailing({ rig, sink }: PostRoom, { name, site }: Case, sending: Sending): Running {
  const { kind, runs = 1, kill, env = {}, now = FIRST_RUN, alone = true, command = ['publish'] } = sending;
  const service = `${sink.url}/${name}`;
  const order = {
    book: name,
    now,
    commands: Array.from({ length: runs }, () => command),
    classes: {},
    mailing: kind,
    windowMs: sending.windowMs ?? 20_000,
    timeoutMs: sending.timeoutMs ?? 5_000,
    alone,
    ...(sending.counting ? { counting: true } : {}),
  };
  return rig.start(site, order, {
    MHUB_RECEIPT_HMAC_KEY: SECRET,
    MHUB_AUDIENCE_URL: `${service}/list`,
    MHUB_SUPPRESSION_URL: `${service}/left`,
    ...(kill ? { MHUB_FAULT: `${kill.at}:${kill.visit}` } : {}),
    ...env,
  });
}

export const mailed = (room: PostRoom, one: Case, sending: Sending): Promise<Ended> =>
  startMailing(room, one, sending).ended;

/** The same remote and the same list, seen from a clone that knows nothing else. */
export const elsewhere = ({ rig }: PostRoom, one: Case): Case => ({ ...one, site: rig.freshClone(one.site) });

const RECIPIENTS = 'hub/ledger/recipients';

/** By key of the publication. */
export function recordsIn({ clone }: Site): Map<string, MailingRecords> {
  const all = new Map<string, MailingRecords>();
  for (const [path, content] of Object.entries(filesIn(join(clone, RECIPIENTS)))) {
    const [key = '', file = ''] = path.split('/');
    const records = all.get(key) ?? new MailingRecords();
    records.add(file.replace('.jsonl', ''), readLines('RecipientBatch', path, content).values);
    all.set(key, records);
  }
  return all;
}

const mailings = ({ receipts }: Facts): Receipt[] => receipts.filter(({ channel }) => channel === 'outbox');

/** The receipt that closes a mailing. */
export const mailingReceipt = (facts: Facts): Receipt | undefined =>
  mailings(facts).find(({ status }) => status === 'sent');

function twice(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.has(name) || !seen.add(name));
}

/** A mailing: who was to get it, and who did. */
export interface Mailed {
  readonly site: Site;
  readonly book: {
    readonly people: readonly string[];
    readonly taken: readonly { readonly address: string }[];
  };
}

/**
 * What is wrong with a mailing that has come to its end; nothing, if the promise holds.
 *
 * @param mostInDoubt  how many people may be in doubt
 */
export function brokenMailing(
  { rig }: Pick<PostRoom, 'rig'>,
  { site, book }: Mailed,
  mostInDoubt: number,
  secret = SECRET,
): string[] {
  const facts = rig.facts(site);
  const receipt = mailingReceipt(facts);
  const [[key, records] = ['', new MailingRecords()]] = recordsIn(site);
  if (!receipt) return ['no receipt says that the mailing is over'];
  const taken = book.taken.map(({ address }) => sameAddress(address));
  const takers = new Set(taken);
  const stateOf = (address: string) => records.stateOf(recipientId(secret, key, address));
  const counts = records.counts();
  const wrong = (what: boolean, message: string): string[] => (what ? [message] : []);
  return [
    ...brokenPromises(facts),
    ...twice(taken).map((address) => `${address} got it twice`),
    ...book.people.flatMap((address) => wrong(stateOf(address) === undefined, `${address} was missed`)),
    ...book.people.flatMap((address) => wrong(stateOf(address) === 'claimed', `${address} is still claimed`)),
    ...book.people.flatMap((address) =>
      wrong(
        stateOf(address) === 'sent' && !takers.has(sameAddress(address)),
        `${address} counts as sent and got nothing`,
      ),
    ),
    ...taken.flatMap((address) =>
      wrong(
        !['sent', 'in_doubt'].includes(stateOf(address) ?? ''),
        `${address} got it and counts as ${stateOf(address)}`,
      ),
    ),
    ...wrong(counts.in_doubt > mostInDoubt, `${counts.in_doubt} are in doubt, at most ${mostInDoubt} may be`),
    ...(['sent', 'in_doubt', 'refused'] as const).flatMap((state) =>
      wrong(receipt.recipients?.[state] !== counts[state], `${state}: the receipt has ${receipt.recipients?.[state]}`),
    ),
    ...leaksIn({ folders: [site.folder], said: [] }, { 'an address': DOMAIN, 'the secret': secret }),
  ];
}

/** Of all addresses of all lists. */
const DOMAIN = '@list.example';

const PLACES = ['on the same machine', 'in a fresh clone'] as const;
export type PlaceName = (typeof PLACES)[number];

let kills = 0;

/** A run that is killed, and two more: in the same clone, or in one that knows nothing else. */
export async function wrongAfterKill(
  room: PostRoom,
  kind: MailingKind,
  kill: { readonly at: FaultPoint; readonly visit: number } | { readonly afterMs: number },
  place: PlaceName,
): Promise<string[]> {
  kills += 1;
  const one = caseOf(room, `kill-${kills}`, [...peopleNamed('ada', 20), 'refused-1@list.example']);
  const running = startMailing(room, one, { kind, ...('at' in kill ? { kill } : {}) });
  const timer = 'afterMs' in kill ? setTimeout(() => killGroup(running), kill.afterMs) : undefined;
  const ended = await running.ended;
  clearTimeout(timer);
  if ('at' in kill && ended.signal !== 'SIGKILL') return [`it ended with ${ended.code}: ${ended.stderr}`];
  const next = place === 'on the same machine' ? one : elsewhere(room, one);
  const { reports, stderr, code } = await mailed(room, next, { kind, runs: 2 });
  const [first, second] = reports;
  if (!first || !second) return [`the next runs ended with ${code}: ${stderr}`];
  const audit = await mailed(room, next, { kind, command: ['verify'] });
  const isSettled = second.commits === 0 && second.exit_code === 0;
  return [
    ...brokenMailing(room, next, mostInDoubt(kind, place)),
    ...(audit.code === 0 ? [] : [`verify: ${JSON.stringify(audit.reports)}`]),
    ...(isSettled ? [] : [`one more run: ${JSON.stringify(second)}`]),
    ...leaksIn({ folders: [], said: [ended.stderr, stderr, JSON.stringify(reports)] }, { 'an address': DOMAIN }),
  ];
}

/** Where the journal is, a batch; else what was claimed together. What is sent again with its key is never in doubt. */
const mostInDoubt = ({ class: kind, atOnce }: MailingKind, place: PlaceName): number =>
  kind === 'key' ? 0 : place === 'on the same machine' ? atOnce : CHUNK;

/** How often a mailing comes to each step. */
export async function visitsOf(room: PostRoom, kind: MailingKind): Promise<ReadonlyMap<FaultPoint, number>> {
  const one = caseOf(room, `visits-${kind.class}`, [...peopleNamed('ada', 20), 'refused-1@list.example']);
  const { passed, stderr } = await mailed(room, one, { kind, counting: true });
  if (!passed[0]) throw new Error(`no step was counted: ${stderr}`);
  return new Map(passed[0]);
}
