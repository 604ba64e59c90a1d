/** Who gets no more mail: what the repository says, and what the list of those who left says at this moment. */
import { text } from 'node:stream/consumers';
import type { Io } from '../../core/contracts.ts';
import { readLines } from '../../core/entity.ts';
import { Failed } from '../../core/errors.ts';
import { brokenList } from '../../core/mailing/audience.ts';
import { MAILING_ENV } from '../../core/mailing/params.ts';
import { isPersonId, suppressionId } from '../../core/mailing/people.ts';
import type { Suppression } from '../../generated/entities.ts';
import type { World } from '../world.ts';
import { openList } from './list.ts';

const { suppressionUrl, suppressionToken } = MAILING_ENV;
export const SUPPRESSED = 'hub/suppressed';

/** hub/suppressed/<yyyy>/<mm>/<dd>/<run>.jsonl, by the clock of the run. */
export const suppressedPath = (run: string, now: string): string =>
  `${SUPPRESSED}/${now.slice(0, 10).replaceAll('-', '/')}/${run}.jsonl`;

/** @throws Failed when a record cannot be read: whoever stands in it must not be mailed */
export async function committedSuppressions(world: World): Promise<Suppression[]> {
  return [...(await world.subtree([SUPPRESSED]))].flatMap(([path, { bytes }]) => {
    const { values, problems } = readLines('Suppression', path, bytes);
    if (problems.length === 0) return values;
    throw new Failed(`cannot read ${path}, so nobody is mailed: restore it`, { mayHaveHappened: false });
  });
}

/** {"recipient": "<id>"}, {"email": "<address>"}, or one of both as it is. */
function idOf(line: string, count: number, secret: string): string {
  const broken = (): Failed => brokenList(`line ${count} of ${suppressionUrl} names nobody`);
  let named = line;
  if (line.startsWith('{')) {
    try {
      const { recipient, email } = JSON.parse(line) as Readonly<Record<string, unknown>>;
      named = String(recipient ?? email ?? '');
    } catch {
      throw broken();
    }
  }
  if (isPersonId(named)) return named;
  if (!named.includes('@')) throw broken();
  return suppressionId(secret, named);
}

/** @throws Blocked, Failed when it cannot be read whole */
export async function remoteSuppressions(
  { env, ...io }: Pick<Io, 'env' | 'fetch' | 'stopping'>,
  secret: string,
): Promise<string[]> {
  const address = env[suppressionUrl];
  if (!address) return [];
  const list = await openList(io, suppressionUrl, address, env[suppressionToken]);
  const lines = (await text(list.bytes as AsyncIterable<Buffer>)).split(/\r?\n/);
  return lines.flatMap((line, index) => (line.trim() === '' ? [] : [idOf(line.trim(), index + 1, secret)]));
}
