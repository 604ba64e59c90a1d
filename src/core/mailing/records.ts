/** What the ledger knows of the people of one publication: a fold over the files of its claims. */
import type { Receipt, RecipientBatch } from '../../generated/entities.ts';
import type { Instant } from '../contracts.ts';

/** deferred: released after a try that the server put off. */
export type PersonState = 'claimed' | 'sent' | 'in_doubt' | 'refused' | 'released' | 'deferred';

/** Over all claims of a person the one that binds most counts. */
const WEIGHT: Readonly<Record<PersonState, number>> = {
  sent: 5,
  refused: 4,
  claimed: 3,
  in_doubt: 2,
  deferred: 1,
  released: 0,
};

/** hub/ledger/recipients/<key>/ */
export const recordsFolder = (key: string): string => `hub/ledger/recipients/${key}`;

export const recordsPath = (key: string, batch: string): string => `${recordsFolder(key)}/${batch}.jsonl`;

/** Name of a file of claims: the run that made them, and its how manyth it is, from 1. */
export const batchName = (run: string, chunk: number): string => `${run}-${chunk}`;

/** The claims that a run pushed together, and what is known of them. */
export interface Claims {
  readonly batch: string;
  /** Run that made them: nobody else sends anything to these people. */
  readonly run: string;
  readonly chunk: number;
  readonly at: Instant;
  /** By the line that claimed them, in their order. */
  readonly claimed: readonly (readonly string[])[];
  readonly states: ReadonlyMap<string, PersonState>;
}

const stateIn = ({ state, because }: RecipientBatch): PersonState =>
  state === 'released' && because !== undefined ? 'deferred' : state;

/** What sent means nobody can take back, whatever was written after it. */
const next = (before: PersonState | undefined, now: PersonState): PersonState => (before === 'sent' ? before : now);

export type Counts = Required<Pick<NonNullable<Receipt['recipients']>, 'sent' | 'in_doubt' | 'refused'>>;

export class MailingRecords {
  /** Fingerprints of the secrets that the ids were made with. */
  readonly secrets = new Set<string>();
  private readonly files = new Map<string, Claims & { claimed: string[][]; states: Map<string, PersonState> }>();
  private readonly bound = new Map<string, PersonState>();
  private readonly reasons = new Map<string, string[]>();

  /** Takes in lines that stand, or are about to stand, at the end of a file. */
  add(batch: string, lines: readonly RecipientBatch[]): void {
    for (const line of lines) {
      const file = this.files.get(batch) ?? this.opened(batch, line);
      this.secrets.add(line.secret);
      if (line.state === 'claimed') file.claimed.push([...line.recipients]);
      const now = stateIn(line);
      for (const person of line.recipients) {
        file.states.set(person, next(file.states.get(person), now));
        if (now === 'deferred') this.reasons.set(person, [...(this.reasons.get(person) ?? []), line.because ?? '']);
        this.bound.set(person, this.strongest(person));
      }
    }
  }

  private opened(batch: string, { at }: RecipientBatch) {
    const dash = batch.lastIndexOf('-');
    const file = {
      batch,
      run: batch.slice(0, dash),
      chunk: Number(batch.slice(dash + 1)),
      at,
      claimed: [],
      states: new Map<string, PersonState>(),
    };
    this.files.set(batch, file);
    return file;
  }

  private strongest(person: string): PersonState {
    let strongest: PersonState = 'released';
    for (const { states } of this.files.values()) {
      const state = states.get(person);
      if (state !== undefined && WEIGHT[state] > WEIGHT[strongest]) strongest = state;
    }
    return strongest;
  }

  /** undefined: nobody has claimed them yet. */
  stateOf(person: string): PersonState | undefined {
    return this.bound.get(person);
  }

  /** By the file of one claim alone. */
  stateIn(batch: string, person: string): PersonState | undefined {
    return this.files.get(batch)?.states.get(person);
  }

  /** How often a server has put them off. */
  deferrals(person: string): number {
    return this.reasons.get(person)?.length ?? 0;
  }

  /** Files in which something may still become known. */
  doubtful(): Claims[] {
    return [...this.files.values()].filter(({ states }) =>
      [...states.values()].some((state) => state === 'claimed' || state === 'in_doubt'),
    );
  }

  /** Files with people of whom nobody has said what became of them. */
  open(): Claims[] {
    return this.doubtful().filter(({ states }) => [...states.values()].includes('claimed'));
  }

  /** Files with people in doubt, by name. */
  inDoubt(): string[] {
    return this.doubtful()
      .filter(({ states }) =>
        [...states].some(([person, state]) => state === 'in_doubt' && this.stateOf(person) === state),
      )
      .map(({ batch }) => batch);
  }

  counts(): Counts & { readonly claimed: number } {
    const counts = { sent: 0, in_doubt: 0, refused: 0, claimed: 0 };
    for (const state of this.bound.values()) {
      if (state !== 'deferred' && state !== 'released') counts[state] += 1;
    }
    return counts;
  }

  /** Whether anybody has it, or may have it. */
  hasReachedAnybody(): boolean {
    const { sent, in_doubt, claimed } = this.counts();
    return sent + in_doubt + claimed > 0;
  }
}
