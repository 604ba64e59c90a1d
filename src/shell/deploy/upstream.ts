/** Where the engine's own branch is: nobody deploys what is not the newest any more. */
import type { Workspace } from '../../generated/entities.ts';
import type { Repo } from '../git.ts';
import { LostRace, REMOTE } from '../transact.ts';

export interface Upstream {
  readonly repo: Repo;
  /** The branch that the engine works on. */
  readonly branch: string;
  /** Its tip as this run has left it. */
  readonly head: () => string;
  readonly identity: Workspace['identity'];
}

/**
 * Asked after looking at a target and before writing to it: whoever has written to it since has a branch that is further,
 * and whoever is further has not written yet.
 *
 * @throws LostRace when somebody has moved the branch; Failed when the remote does not answer
 */
export async function requireNewest({ repo, branch, head }: Upstream): Promise<void> {
  const tip = await repo.remoteTip(REMOTE, branch);
  if (tip !== null && tip !== head()) throw new LostRace();
}
