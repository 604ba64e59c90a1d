/**
 * Deploying: after a run's publications and withdrawals have landed, each target is made to show the folder as it is in
 * the tree. That is done by looking and comparing, so doing it again is harmless; the record comes last, and whatever
 * keeps it from being filed makes the target due again.
 */
import type { Note } from '../../core/contracts.ts';
import {
  type Content,
  contentOf,
  deploymentChangeSet,
  deploymentPath,
  deploymentStop,
  envOfDestination,
  idOf,
  isShown,
  nameOfDestination,
  S3_KEYS,
  type Target,
  targetFaults,
  targetsOf,
} from '../../core/deployments.ts';
import { readEntity } from '../../core/entity.ts';
import { Blocked, Failed } from '../../core/errors.ts';
import { reservedTodo } from '../../core/reserved.ts';
import type { Deployment } from '../../generated/entities.ts';
import type { CallGuard } from '../calling.ts';
import type { Pass } from '../pass.ts';
import { missingEnv } from '../perform.ts';
import type { World } from '../world.ts';
import { showOnBranch } from './branch.ts';
import { bucketReference } from './bucket.ts';
import { showInBucket } from './s3.ts';
import type { Upstream } from './upstream.ts';

export interface Deploying {
  readonly upstream: Upstream;
  /** Digest of what this process has begun to deploy, by target: then a record of another one says nothing any more. */
  readonly begun: Map<string, string>;
}

/** What is filed of a target; undefined also for what cannot be read: then it is deployed again. */
export async function recordOf(world: World, target: Target): Promise<Deployment | undefined> {
  const path = deploymentPath(target);
  const file = (await world.load([path])).get(path);
  const read = file && readEntity('Deployment', path, file.bytes);
  return read?.ok ? read.value : undefined;
}

export const contentIn = async (world: World, target: Target): Promise<Content> =>
  contentOf(target, await world.subtree([target.folder]));

/** The switches as they are at this very moment. */
async function heldBack(
  { context: { now } }: Pass,
  { switches }: CallGuard,
  { unit, channel, to }: Target,
): Promise<Omit<Note, 'scope'> | undefined> {
  const stop = deploymentStop(await switches.read(unit, { channel: channel.id, effect: 'outside' }), now);
  return (
    stop && {
      level: stop.level,
      message: `channel ${channel.id}, ${nameOfDestination(to)}: held back, ${stop.why}`,
      ...(stop.until ? { until: stop.until } : {}),
    }
  );
}

/** What keeps a target from being written to, as far as this machine can tell. */
async function obstacleTo(pass: Pass, guard: CallGuard, target: Target): Promise<Omit<Note, 'scope'> | undefined> {
  const { unit, channel, to } = target;
  const where = `channel ${channel.id}, ${nameOfDestination(to)}`;
  const missing = missingEnv(envOfDestination(to), pass.performer.secrets);
  if (missing.length > 0) return { level: 'blocked', message: `${where}: set ${missing.join(', ')}` };
  if (pass.context.delivery === 'local') {
    return { level: 'blocked', message: `${where}: it is outside of the repository, set delivery: direct` };
  }
  const todo = reservedTodo(unit.brand);
  if (todo !== undefined) return { level: 'blocked', message: `${where}: ${todo}` };
  return heldBack(pass, guard, target);
}

type Env = Readonly<Record<string, string>>;

function envFor({ performer: { secrets } }: Pass, { to }: Target): Env {
  const names = envOfDestination(to);
  // A bucket is often named like the brand: hiding that would take the name out of whatever is told.
  secrets.protect(names.length > 0 ? S3_KEYS : []);
  return Object.fromEntries(names.map((name) => [name, secrets.get(name) ?? '']));
}

/** @returns what the target calls what it shows. @throws LostRace, Blocked, Failed */
async function show(
  { performer, stopping }: Pass,
  { upstream }: Deploying,
  target: Target,
  content: Content,
  env: Env,
): Promise<string | undefined> {
  if (stopping.aborted) throw new Failed('the run was asked to stop', { mayHaveHappened: false });
  const { to } = target;
  if ('branch' in to) return showOnBranch(upstream, target, to.branch, content);
  await showInBucket(upstream, target, to.s3, content, performer.io(env));
  return bucketReference(env);
}

function noteOf(error: unknown, { channel, to }: Target): Omit<Note, 'scope'> | undefined {
  const where = `channel ${channel.id}, ${nameOfDestination(to)}`;
  if (error instanceof Blocked) return { level: 'blocked', message: `${where}: ${error.todo}` };
  if (!(error instanceof Failed)) return undefined;
  const until = error.until === undefined ? {} : { until: error.until };
  return { level: 'failed', message: `${where}: ${error.message}; the next run deploys it`, ...until };
}

/** A target that does not show its folder, and what it takes to get there. */
interface Due {
  readonly target: Target;
  readonly content: Content;
  readonly env: Env;
  readonly record: Deployment | undefined;
}

async function dueOf(pass: Pass, { begun }: Deploying, target: Target): Promise<Due | undefined> {
  const content = await contentIn(pass.world, target);
  const record = await recordOf(pass.world, target);
  const env = envFor(pass, target);
  const meant = begun.get(idOf(target)) ?? content.digest;
  if (meant === content.digest && isShown(target, content, record, bucketReference(env))) return undefined;
  return content.files.size === 0 && !record ? undefined : { target, content, env, record };
}

/** What is due and can be done, as far as is known before anything is committed. */
async function ready(pass: Pass, guard: CallGuard, deploying: Deploying, refused: Set<string>): Promise<Due[]> {
  const targets = targetsOf(pass.workspace.units);
  const faults = targetFaults(targets, deploying.upstream.branch);
  const found: Due[] = [];
  for (const target of targets.filter((one) => !refused.has(idOf(one)))) {
    if (pass.stopping.aborted) break;
    const scope = target.unit.brand.id;
    await pass.guarded(scope, async () => {
      const fault = faults.find((one) => one.target === target);
      if (fault) {
        refused.add(idOf(target));
        pass.notes.push({ level: 'blocked', scope, message: `channel ${target.channel.id}: ${fault.message}` });
        return;
      }
      const due = await dueOf(pass, deploying, target);
      const obstacle = due && (await obstacleTo(pass, guard, target));
      if (obstacle) {
        refused.add(idOf(target));
        pass.notes.push({ scope, ...obstacle });
      } else if (due) found.push(due);
    });
  }
  return found;
}

/** @throws LostRace when the engine's own branch has moved */
async function deploy(
  pass: Pass,
  guard: CallGuard,
  deploying: Deploying,
  { target, content, env, record }: Due,
  refused: Set<string>,
): Promise<void> {
  const scope = target.unit.brand.id;
  const stop = await heldBack(pass, guard, target);
  if (stop) {
    refused.add(idOf(target));
    pass.notes.push({ scope, ...stop });
    return;
  }
  pass.onProgress(`deploy ${idOf(target)}`);
  try {
    if (!guard.dryRun) deploying.begun.set(idOf(target), content.digest);
    const reference = guard.dryRun ? record?.reference : await show(pass, deploying, target, content, env);
    await pass.take(deploymentChangeSet(target, content, pass.context, reference));
  } catch (error) {
    const note = noteOf(error, target);
    if (!note) throw error;
    refused.add(idOf(target));
    pass.notes.push({ scope, ...note, message: pass.performer.secrets.redact(note.message) });
  }
}

/**
 * Makes every target show its folder, once the folders are durable.
 *
 * @param refused  targets that have failed in this pass, or may not be written to: the next run tries them again
 * @throws LostRace when somebody was faster
 */
export async function deployDue(
  pass: Pass,
  guard: CallGuard,
  deploying: Deploying,
  refused: Set<string>,
): Promise<void> {
  const due = await ready(pass, guard, deploying, refused);
  if (due.length === 0) return;
  await pass.commit();
  for (const one of due) {
    if (pass.stopping.aborted) return;
    await pass.guarded(one.target.unit.brand.id, () => deploy(pass, guard, deploying, one, refused));
  }
}
