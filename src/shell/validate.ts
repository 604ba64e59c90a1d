/** `mhub validate`: everything that people write, as it lies in the work tree. */
import type { Instant } from '../core/contracts.ts';
import { type Problem, showProblem } from '../core/errors.ts';
import type { Paint } from '../core/report.ts';
import { openRepo } from './git.ts';
import { checkInputs } from './open.ts';
import { workTreeSnapshot } from './snapshot.ts';
import { World } from './world.ts';

export interface Validation {
  readonly campaigns: readonly string[];
  readonly brands: readonly string[];
  /** Files that were read. */
  readonly files: number;
  readonly problems: readonly Problem[];
}

export async function validate(cwd: string, now: Instant): Promise<Validation> {
  const repo = await openRepo(cwd);
  const { branch } = await repo.head();
  return checkInputs(new World(workTreeSnapshot(repo.root)), now, branch);
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

export function renderValidation({ campaigns, brands, files, problems }: Validation, paint: Paint): string {
  const read = `${count(files, 'file')}, ${count(brands.length, 'brand')}, ${count(campaigns.length, 'campaign')}`;
  if (problems.length === 0) return `${paint('green', 'Valid')}: ${read}.`;
  const lines = problems.map((problem) => paint('red', showProblem(problem)));
  return [...lines, '', `${paint('red', count(problems.length, 'problem'))} in ${read}.`].join('\n');
}
