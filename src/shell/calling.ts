/** One call to the outside: the switches it is asked against, the time it is given, what is remembered of it. */
import { switchStop } from '../core/breakers.ts';
import type { CampaignInput, EffectOf, Outcome } from '../core/contracts.ts';
import type { Intent } from '../generated/entities.ts';
import { faultPoint } from './fault.ts';
import type { CallMemory, Journal } from './journal.ts';
import type { Pass } from './pass.ts';
import { type CallInput, perform } from './perform.ts';
import type { SwitchReader } from './switches.ts';

/** After the first signal a call in flight may take this much longer. */
const LAST_CALL_MS = 4_000;

export interface CallGuard {
  readonly journal: Journal;
  readonly memory: CallMemory;
  readonly switches: SwitchReader;
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** When this process first saw an open intent of somebody else, on the monotonic clock. */
  readonly seen: Map<string, number>;
  /** Whether the branch has moved away from what this run has read. */
  readonly isOvertaken: () => Promise<boolean>;
  /** A call may begin this long after its intent was written: others count from when they first see it. */
  readonly windowMs: number;
  /** A call is given up after this long; its outcome is unknown then. */
  readonly timeoutMs: number;
  readonly dryRun: boolean;
  /** Root of the work tree. */
  readonly root: string;
  /** Key of a mailing -> recipients that this process has claimed. */
  readonly mailed: Map<string, number>;
}

export type PublishEffect = EffectOf<'publish'>;

export const isOutside = (intent: Intent): boolean => intent.effect === 'outside';

/** The switches as they are at this very moment. */
export const flipped = async ({ switches }: CallGuard, { unit, now }: CampaignInput, { intent }: PublishEffect) =>
  switchStop(await switches.read(unit, intent), intent.campaign, intent.channel, now);

/** Performs a publication, and remembers it on this machine before and after when it leaves the repository. */
export async function call(
  pass: Pick<Pass, 'performer' | 'stopping'>,
  { journal, timeoutMs, dryRun }: Pick<CallGuard, 'journal' | 'timeoutMs' | 'dryRun'>,
  input: CallInput,
  effect: PublishEffect,
): Promise<Outcome<'publish'>> {
  const { intent } = effect;
  if (!isOutside(intent)) return perform(effect, input, pass.performer);
  if (dryRun) return { effect, status: 'done', value: { url: effect.channel.id, changes: [] } };
  const { key, attempt } = intent;
  const at = input.now;
  journal.write({ state: 'calling', key, attempt, at, intent });
  faultPoint('call-journaled');
  const late = (reason: string): Outcome<'publish'> => ({ effect, status: 'failed', reason, mayHaveHappened: true });
  const outcome = await withTimeout(perform(effect, input, pass.performer), late, timeoutMs, pass.stopping);
  faultPoint('call-made');
  if (outcome.status === 'done') journal.write({ state: 'sent', key, attempt, at, intent, url: outcome.value.url });
  else if (outcome.status === 'failed' && outcome.mayHaveHappened)
    journal.write({ state: 'unknown', key, attempt, at, because: outcome.reason });
  else
    journal.write({
      state: 'refused',
      key,
      attempt,
      at,
      because: outcome.status === 'failed' ? outcome.reason : outcome.todo,
    });
  faultPoint('call-remembered');
  return outcome;
}

/** @param late  what is said of work that was given up; it may go on unseen */
export async function withTimeout<T>(
  work: Promise<T>,
  late: (reason: string) => T,
  timeoutMs: number,
  stopping: AbortSignal,
): Promise<T> {
  const timers: NodeJS.Timeout[] = [];
  let hurry = (): void => undefined;
  const givenUp = new Promise<T>((resolve) => {
    const giveUpAfter = (milliseconds: number): void => {
      const reason = `no answer within ${milliseconds / 1000} s`;
      timers.push(setTimeout(() => resolve(late(reason)), milliseconds));
    };
    hurry = () => giveUpAfter(LAST_CALL_MS);
    giveUpAfter(timeoutMs);
  });
  stopping.addEventListener('abort', hurry);
  try {
    return await Promise.race([work, givenUp]);
  } finally {
    stopping.removeEventListener('abort', hurry);
    timers.forEach(clearTimeout);
  }
}

/** Waits for something that changes nothing, but not beyond a signal. */
export async function unlessStopped(work: Promise<void>, stopping: AbortSignal): Promise<void> {
  let leave = (): void => undefined;
  const stopped = new Promise<void>((resolve) => {
    leave = resolve;
    stopping.addEventListener('abort', leave);
  });
  try {
    await Promise.race([work, stopped]);
  } finally {
    stopping.removeEventListener('abort', leave);
  }
}
