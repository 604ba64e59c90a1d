/**
 * Starts git through a small process that stays. A process is started by a copy of the one that asks for it, and one that
 * has gone through months of a simulation is ten times as large as it needs to be for that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Failed } from '../../core/errors.ts';
import { complaint, type Environment, FIXED_CONFIG, type Git, type GitAnswer, gitEnvironment } from '../run-git.ts';

/** What the small process does with each message; it has no file of its own in the bundle. */
const HELPER = `
const { spawn } = require('node:child_process');
process.on('message', ({ id, folder, args, env, input, timeout }) => {
  const child = spawn('git', args, { cwd: folder, env, timeout });
  const [stdout, stderr] = [[], []];
  child.stdout.on('data', (chunk) => stdout.push(chunk));
  child.stderr.on('data', (chunk) => stderr.push(chunk));
  child.on('error', ({ message }) => process.send({ id, code: 127, stdout: Buffer.alloc(0), stderr: message }));
  child.on('close', (code) =>
    process.send({ id, code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
});
process.on('disconnect', () => process.exit());
`;

/** Nothing of a simulation has to survive a power failure. */
const unhurried = (arg: string): string => (arg === 'core.fsync=all' ? 'core.fsync=none' : arg);

type Reply = GitAnswer & { readonly id: number };

export class Spawner {
  private readonly helper: ChildProcess;
  private readonly waiting = new Map<number, (answer: GitAnswer) => void>();
  private asked = 0;

  constructor() {
    this.helper = spawn(process.execPath, ['-e', HELPER], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.helper.on('message', (reply: Reply) => {
      this.waiting.get(reply.id)?.({ ...reply, stdout: Buffer.from(reply.stdout) });
      this.waiting.delete(reply.id);
    });
  }

  /** As gitIn, with the same settings and the same environment. */
  gitIn = (folder: string, environment: Environment): Git => {
    const base = gitEnvironment(environment);
    return async (args, call = {}) => {
      this.asked += 1;
      const id = this.asked;
      const input = Buffer.concat((call.input ?? []).map((chunk) => Buffer.from(chunk)));
      const env = { ...base, ...call.env };
      const answer = await new Promise<GitAnswer>((resolve) => {
        this.waiting.set(id, resolve);
        const message = {
          id,
          folder,
          args: ['--no-pager', ...FIXED_CONFIG, ...args.map(unhurried)],
          env,
          input,
          timeout: call.timeoutMs,
        };
        this.helper.send(message);
      });
      if (call.answers === 'any' || (call.answers ?? [0]).some((code) => code === answer.code)) return answer;
      throw new Failed(`git ${args[0]}: ${complaint(answer)}`, { mayHaveHappened: false });
    };
  };

  close(): void {
    this.helper.disconnect();
  }
}
