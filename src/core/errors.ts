/** A mistake in what a person wrote, with its place. Shown as `file:line:column: message`. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What is there, and what was expected. */
  readonly message: string;
}

export const showProblem = ({ file, line, column, message }: Problem): string =>
  `${file}:${line}:${column}: ${message}`;

/** Your YAML is wrong: every problem at once. */
export class Invalid extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(showProblem).join('\n'));
    this.name = 'Invalid';
    this.problems = problems;
  }
}

/** Something must be given first: a variable, a file, a setting. */
export class Blocked extends Error {
  /** Exact names of what is missing. */
  readonly missing: readonly string[];
  /** What to do about it. */
  readonly todo: string;
  constructor(who: string, missing: readonly string[], todo = `set ${missing.join(', ')}`) {
    super(`BLOCKED ${who}: ${todo}`);
    this.name = 'Blocked';
    this.missing = missing;
    this.todo = todo;
  }
}

/** A copy engine has to be given something first, and found out by asking: the calls are booked all the same. */
export class GenerationBlocked<Call = unknown> extends Blocked {
  readonly calls: readonly Call[];
  constructor(who: string, missing: readonly string[], todo: string, calls: readonly Call[]) {
    super(who, missing, todo);
    this.name = 'GenerationBlocked';
    this.calls = calls;
  }
}

/** The world refused. */
export class Failed extends Error {
  /** true when the effect may have taken place all the same. */
  readonly mayHaveHappened: boolean;
  /** It is about the moment, not about what was asked: worth another try from this UTC instant on. */
  readonly until: string | undefined;
  constructor(message: string, { mayHaveHappened, until }: { mayHaveHappened: boolean; until?: string }) {
    super(message);
    this.name = 'Failed';
    this.mayHaveHappened = mayHaveHappened;
    this.until = until;
  }
}

/** No usable copy came, or none was asked for: nothing has happened but the calls, which are booked all the same. */
export class GenerationFailed<Call = unknown> extends Failed {
  readonly calls: readonly Call[];
  /** Asked as often as it may be: from here on it stands still until a person resumes. */
  readonly exhausted: boolean;
  constructor(message: string, calls: readonly Call[], exhausted: boolean) {
    super(message, { mayHaveHappened: false });
    this.name = 'GenerationFailed';
    this.calls = calls;
    this.exhausted = exhausted;
  }
}

/** What a file system says when it does not want to, in words. */
const MACHINE_REFUSALS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EIO: 'the disk has a fault',
};

type MachineError = Error & { readonly code: string; readonly path?: string };

/** Whether this machine, not the world, refuses: a full disk, a read-only folder. */
export const isRefusedByMachine = (error: unknown): error is MachineError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code in MACHINE_REFUSALS;

/** The same as a failure that tells what to do. */
export const refusalOf = ({ code, path }: MachineError): Failed =>
  new Failed(`cannot write ${path ?? 'a file'}: ${MACHINE_REFUSALS[code]}; nothing is lost: mend it and run again`, {
    mayHaveHappened: false,
  });

/** The command cannot be carried out as it was given. */
export class Usage extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Usage';
  }
}

/** The process is to be seen as dead from here on: nobody tidies up. Only simulations throw it. */
export class Killed extends Error {
  constructor(where: string) {
    super(`killed at ${where}`);
    this.name = 'Killed';
  }
}

/** Work did not end in the time it was given: whatever it was to decide counts as not decided. */
export class DeadlineExceeded extends Error {
  constructor(milliseconds: number) {
    super(`did not end within ${milliseconds} ms`);
    this.name = 'DeadlineExceeded';
  }
}

/** A rule cannot judge what it was given, such as a language that it does not know. */
export class CannotJudge extends Error {
  readonly reason: 'rule_error' | 'unknown_locale' | 'exception_expired';
  constructor(message: string, reason: 'rule_error' | 'unknown_locale' | 'exception_expired' = 'rule_error') {
    super(message);
    this.name = 'CannotJudge';
    this.reason = reason;
  }
}
