/** From a brief to copy that holds: at most three answers, each checked by code. */
import type { Brief, Copy, EngineContext, Written } from '../contracts.ts';
import { readCopy, readJudgement } from './answer.ts';
import { copyRequest, judgeRequest, type Rejected, requestDigest } from './request.ts';
import { type Ports, Session } from './session.ts';
import { firstRequest, MAX_ANSWERS, type Setup, setupOf } from './setup.ts';

/** What the judge holds against copy. */
async function judged(
  session: Session,
  brief: Brief,
  { params, judge }: Setup,
  digest: string,
  copy: Copy,
): Promise<readonly string[]> {
  if (!judge) return [];
  const request = judgeRequest(brief, params, judge, copy);
  const { completion } = await session.converse('judge', request, digest);
  const findings = await readJudgement(
    copy,
    Object.keys(judge.prompt.criteria),
    completion.fault ? '' : completion.content,
  );
  const outcome = findings.length === 0 ? 'accepted' : 'unusable';
  session.book({ role: 'judge', request, digest, outcome, used: completion.used, findings });
  return findings;
}

/** @throws Blocked, or GenerationFailed with what it has cost */
export async function writeCopy(brief: Brief, context: EngineContext, ports: Ports): Promise<Written> {
  const setup = setupOf(context);
  const { params, prompt, judge } = setup;
  const first = firstRequest(brief, setup);
  const digest = requestDigest(first, params, judge);
  const stored = context.answers.get(digest);
  if (stored) return { copy: { blocks: stored.copy } };

  const session = new Session(params, ports, context.tokens);
  let last: Rejected | undefined;
  for (let call = 1; call <= MAX_ANSWERS; call += 1) {
    const request = last ? copyRequest(brief, params, prompt, call, last) : first;
    const { completion, requestId } = await session.converse('writer', request, digest);
    const { content, fault, model, used } = completion;
    const read = fault === undefined ? await readCopy(brief, content) : [fault];
    const isCopy = 'blocks' in read;
    const findings = isCopy ? [] : read;
    const outcome = isCopy ? 'accepted' : 'unusable';
    session.book({ role: 'writer', request, digest, outcome, used, findings });
    const problems = isCopy ? await judged(session, brief, setup, digest, read) : read;
    if (isCopy && problems.length === 0) {
      return {
        copy: read,
        calls: session.calls,
        answer: {
          request: digest,
          engine: 'openai',
          prompt: { path: prompt.path, sha256: prompt.sha256 },
          model: params.model,
          ...(model === undefined ? {} : { answered_by: model }),
          ...(requestId === undefined ? {} : { request_id: requestId.slice(0, 200) }),
          ...(request.seed === undefined ? {} : { seed: request.seed }),
        },
      };
    }
    last = { content, problems };
  }
  const why = last?.problems.slice(0, 3).join('; ') ?? '';
  return session.fail(`no usable copy in ${MAX_ANSWERS} answers: ${why}`, true);
}
