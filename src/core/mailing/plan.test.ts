import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RecipientBatch } from '../../generated/entities.ts';
import type { Audience, Person } from './audience.ts';
import { closingOf } from './close.ts';
import { type BatchMemory, batchKey, isFinal, isRepeatable, paceOf, verdictOn, waiting } from './plan.ts';
import { batchName, MailingRecords } from './records.ts';
import { claimLine, resultLines, resultsOf, slices } from './results.ts';

const KEY = 'ab'.repeat(32);
const FILING = { run: 'one', at: '2026-11-24T12:00:00Z', secret: '0'.repeat(16) };

const personNamed = (id: string): Person => ({ id, address: `${id}@example.com`, suppression: `left-${id}` });
const people = Array.from({ length: 12 }, (_, index) => personNamed(`p${String(index).padStart(2, '0')}`));
const audience: Audience = {
  people,
  byId: new Map(people.map((person) => [person.id, person])),
  malformed: [],
  withoutConsent: 0,
};

test('a limit per minute makes chunks that can be sent while calls may begin', () => {
  const pace = paceOf({ chunk: 500, maxPerMinute: 60 }, 5, 60_000);
  expect(pace).toMatchObject({ chunk: 48, batch: 5 });
  expect(pace.gap(5)).toBe(5_000);
  expect(paceOf({ chunk: 500, maxPerMinute: 1 }, 5, 60_000)).toMatchObject({ chunk: 1, batch: 1 });
  expect(paceOf({ chunk: 500 }, 5, 60_000).gap(5)).toBe(0);
});

test('whoever left the list or was put off in this run is not next', () => {
  const records = new MailingRecords();
  records.add('one-1', [
    claimLine(FILING, ['p00', 'p01', 'p02']),
    { state: 'sent', ...FILING, recipients: ['p00'] },
    { state: 'released', ...FILING, recipients: ['p01'], because: '451 later' },
    { state: 'released', ...FILING, recipients: ['p02'] },
  ]);
  const left = new Set(['left-p03']);
  const now = waiting(audience, records, left, new Set(['p01']));
  expect(now).toMatchObject({ putOff: 1, unsubscribed: 1 });
  expect(now.next.map(({ id }) => id)).toEqual(
    people
      .slice(4)
      .map(({ id }) => id)
      .toSpliced(0, 0, 'p02'),
  );
  expect(waiting(audience, records, left, new Set()).next.map(({ id }) => id)).toContain('p01');
});

test('what became known later of somebody in doubt counts, and nothing takes back that something was sent', () => {
  const records = new MailingRecords();
  records.add('one-1', [
    claimLine(FILING, ['p00']),
    { state: 'in_doubt', ...FILING, recipients: ['p00'], because: 'nobody knows' },
    { state: 'sent', ...FILING, recipients: ['p00'] },
    { state: 'released', ...FILING, recipients: ['p00'] },
  ]);
  expect(records.stateOf('p00')).toBe('sent');
  expect(records.counts()).toEqual({ sent: 1, in_doubt: 0, refused: 0, claimed: 0 });
});

test('a mailing that nobody has got is given back, another one is closed with those in doubt who were claimed', () => {
  const records = new MailingRecords();
  expect(closingOf(KEY, records, FILING, 'by hand').receipt).toEqual({ status: 'released', because: 'by hand' });
  records.add('one-1', [claimLine(FILING, ['p00', 'p01']), { state: 'sent', ...FILING, recipients: ['p00'] }]);
  const { entries, receipt } = closingOf(KEY, records, FILING, 'by hand');
  expect(entries).toEqual([
    { batch: 'one-1', lines: [{ state: 'in_doubt', ...FILING, recipients: ['p01'], because: 'by hand' }] },
  ]);
  expect(receipt).toMatchObject({ status: 'sent', recipients: { sent: 1, in_doubt: 1, refused: 0 } });
});

// ---- runs that die ----------------------------------------------------------------------------------------------------

/** Where a run dies: while it claims, before a call, after it, when it was remembered, or before its results are filed. */
const DEATHS = ['claiming', 'claimed', 'calling', 'called', 'remembered', 'sent', 'never'] as const;

interface Life {
  readonly machine: number;
  readonly death: (typeof DEATHS)[number];
  /** Chunk and batch in which it dies. */
  readonly chunk: number;
  readonly batch: number;
}

class Died extends Error {}

/** The ledger, what machines remember, and what the receiver has really got; runs follow one another. */
class Postal {
  readonly kind: 'opaque' | 'key';
  readonly filed: { batch: string; lines: RecipientBatch[] }[] = [];
  readonly delivered: string[] = [];
  private readonly keys = new Set<string>();
  private readonly memories = new Map<string, BatchMemory[]>();
  private runs = 0;

  constructor(kind: 'opaque' | 'key') {
    this.kind = kind;
  }

  records(): MailingRecords {
    const records = new MailingRecords();
    for (const { batch, lines } of this.filed) records.add(batch, lines);
    return records;
  }

  private receive(key: string, recipients: readonly string[]): void {
    if (this.kind === 'key' && this.keys.has(key)) return;
    this.keys.add(key);
    this.delivered.push(...recipients);
  }

  live(life: Life): void {
    try {
      this.run(life);
    } catch (error) {
      if (!(error instanceof Died)) throw error;
    }
  }

  private run({ machine, death, chunk: lastChunk, batch: lastBatch }: Life): void {
    this.runs += 1;
    const run = `run-${this.runs}`;
    const filing = { ...FILING, run };
    const records = this.records();
    let pending: Postal['filed'] = [];
    const enter = (batch: string, lines: RecipientBatch[]): void => {
      records.add(batch, lines);
      pending.push({ batch, lines });
    };
    const commit = (): void => {
      this.filed.push(...pending);
      pending = [];
    };
    const sentTo = (recipients: readonly string[]) =>
      resultsOf(
        recipients,
        recipients.map((recipient) => ({ recipient, state: 'sent' as const })),
      );
    for (const claims of records.doubtful()) {
      const { results, again } = verdictOn(claims, this.memories.get(`${machine} ${claims.batch}`), this.kind);
      enter(
        claims.batch,
        resultLines(filing, results, () => 0),
      );
      for (const { index, recipients } of again) {
        this.receive(batchKey(KEY, claims, index), recipients);
        const open = recipients.filter((person) => claims.states.get(person) === 'claimed');
        enter(
          claims.batch,
          resultLines(filing, sentTo(open), () => 0),
        );
      }
    }
    for (let chunk = 1; ; chunk += 1) {
      const diesHere = (where: Life['death'], batch = lastBatch): void => {
        if (death === where && chunk === lastChunk && batch === lastBatch) throw new Died();
      };
      const next = waiting(audience, records, new Set(), new Set()).next.slice(0, 5);
      if (next.length === 0) break;
      const name = batchName(run, chunk);
      const batches = slices(
        next.map(({ id }) => id),
        2,
      );
      const claimed = isRepeatable(this.kind) ? batches : [batches.flat()];
      enter(
        name,
        claimed.map((recipients) => claimLine(filing, recipients)),
      );
      const memory: BatchMemory[] = [];
      this.memories.set(`${machine} ${name}`, memory);
      diesHere('claiming');
      commit();
      diesHere('claimed');
      for (const [index, recipients] of batches.entries()) {
        memory.push({ recipients });
        diesHere('calling', index);
        this.receive(batchKey(KEY, { run, chunk }, index), recipients);
        diesHere('called', index);
        memory[memory.length - 1] = { recipients, results: sentTo(recipients) };
        diesHere('remembered', index);
      }
      diesHere('sent');
      enter(
        name,
        resultLines(filing, sentTo(batches.flat()), () => 0),
      );
    }
    commit();
  }
}

const lives = fc.array(
  fc.record({
    machine: fc.integer({ min: 0, max: 1 }),
    death: fc.constantFrom(...DEATHS),
    chunk: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 6 },
);

test.each(['opaque', 'key'] as const)(
  'however often runs die on either of two machines, nobody is mailed twice or missed (%s)',
  (kind) => {
    fc.assert(
      fc.property(lives, (history) => {
        const postal = new Postal(kind);
        for (const life of history) postal.live(life);
        postal.live({ machine: 0, death: 'never', chunk: 1, batch: 0 });
        const records = postal.records();
        const states = people.map(({ id }) => records.stateOf(id));
        expect(new Set(postal.delivered).size).toBe(postal.delivered.length);
        expect(states.every((state) => state === 'sent' || state === 'in_doubt')).toBe(true);
        for (const [index, { id }] of people.entries()) {
          if (states[index] === 'sent') expect(postal.delivered).toContain(id);
        }
        if (kind === 'key') expect(records.counts().in_doubt).toBe(0);
      }),
      { numRuns: 500 },
    );
  },
);

test('on one machine a run that dies leaves at most the batch in doubt that it was sending', () => {
  const onOne = lives.map((history) => history.map((life) => ({ ...life, machine: 0 })));
  fc.assert(
    fc.property(onOne, (history) => {
      const postal = new Postal('opaque');
      for (const life of history) postal.live(life);
      postal.live({ machine: 0, death: 'never', chunk: 1, batch: 0 });
      const mayLeave = history.filter(({ death }) => death === 'calling' || death === 'called').length;
      expect(postal.records().counts().in_doubt).toBeLessThanOrEqual(2 * mayLeave);
    }),
    { numRuns: 500 },
  );
});

test('of a batch that another machine may have repeated, only what is final is taken from memory', () => {
  const records = new MailingRecords();
  records.add('one-1', [claimLine(FILING, ['p00', 'p01']), claimLine(FILING, ['p02'])]);
  const [claims] = records.open();
  if (!claims) throw new Error('nothing is open');
  const memory: BatchMemory[] = [
    {
      recipients: ['p00', 'p01'],
      results: [
        { state: 'sent', recipients: ['p00'] },
        { state: 'deferred', because: '429', recipients: ['p01'] },
      ],
    },
  ];
  const keyed = verdictOn(claims, memory, 'key');
  expect(keyed.results.every(isFinal)).toBe(true);
  expect(keyed.again).toEqual([
    { index: 0, recipients: ['p00', 'p01'] },
    { index: 1, recipients: ['p02'] },
  ]);
  const opaque = verdictOn(claims, memory, 'opaque');
  expect(opaque.again).toEqual([]);
  expect(opaque.results.map(({ state, recipients }) => [state, recipients])).toEqual([
    ['sent', ['p00']],
    ['deferred', ['p01']],
    ['released', ['p02']],
  ]);
});
