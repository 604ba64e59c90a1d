/** Checks and applies what stages want written. */
import type { ChangeSet } from './contracts.ts';

/** The part of a job that says what it may write. */
interface Writer {
  readonly name: string;
  readonly writes: readonly string[];
}

/** Turns `hub/campaigns/{campaign}/assets/**` into a test for paths; placeholders stand for one id. */
function pathTest(pattern: string, scope: string): (path: string) => boolean {
  const bound = pattern.replace(/\{(campaign|brand)\}/g, scope);
  if (bound.endsWith('/**')) return (path) => path.startsWith(bound.slice(0, -2));
  return (path) => path === bound;
}

/** Whether a job may write a path, by the `writes` of the manifest. */
export const mayWrite = (job: Pick<Writer, 'writes'>, scope: string, path: string): boolean =>
  job.writes.some((pattern) => pathTest(pattern, scope)(path));

/** @throws Error when a change lies outside of what the job may write: that is a bug of the stage */
export function assertWrites(job: Writer, changeSet: ChangeSet): void {
  const strays = changeSet.changes.filter(({ path }) => !mayWrite(job, changeSet.scope, path));
  if (strays.length > 0) {
    throw new Error(
      `${job.name} may not write ${strays.map(({ path }) => path).join(', ')} (src/manifest.yaml: writes)`,
    );
  }
}
