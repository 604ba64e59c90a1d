import { expect } from 'vitest';
import { Blocked, Failed } from '../core/errors.ts';

/** What a call throws; a test fails when it throws nothing, something else, or tells the secret. */
export async function refusalOf(call: Promise<unknown> | undefined, secret: string): Promise<Blocked | Failed> {
  const error = await Promise.resolve(call).then(
    (value) => new Error(`it did not throw, but gave ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Blocked || error instanceof Failed)) throw error;
  expect(error.message).not.toContain(secret);
  return error;
}

export const doubtOf = (error: Blocked | Failed) => (error instanceof Failed ? error.mayHaveHappened : 'blocked');
