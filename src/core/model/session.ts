/** The calls for one asset: each within what may be used, each booked, and trouble met with patience that ends. */
import type { EngineCall } from '../contracts.ts';
import { GenerationBlocked, GenerationFailed } from '../errors.ts';
import { type Completion, readCompletion } from './answer.ts';
import { amountOf, costOf, type Used } from './cost.ts';
import type { ModelParams } from './params.ts';
import { type ChatRequest, promptTokens } from './request.ts';

/** Over all answers: a server that is busy or away. */
const MAX_RETRIES = 3;
const MAX_BACKOFF_SECONDS = 8;

/** What came of one call. */
export type Reply =
  | { readonly status: 'answered'; readonly body: unknown; readonly requestId?: string }
  /** The server said no for now; nothing was used. */
  | { readonly status: 'refused'; readonly why: string; readonly wait?: number }
  /** Nobody knows whether it was worked on. */
  | { readonly status: 'failed'; readonly why: string }
  /** Asking again would not change it. */
  | { readonly status: 'blocked'; readonly why: string; readonly missing: readonly string[]; readonly todo: string };

export interface Ports {
  ask(request: ChatRequest): Promise<Reply>;
  pause(milliseconds: number): Promise<void>;
  readonly stopping: AbortSignal;
}

/** What is known of a call that is to be booked. */
interface Booking {
  readonly role: 'writer' | 'judge';
  readonly request: ChatRequest;
  readonly digest: string;
  readonly outcome: NonNullable<EngineCall['outcome']>;
  /** undefined: nobody said. */
  readonly used: Used | undefined;
  readonly findings?: readonly string[];
}

/** The calls for one asset, what they have taken, and what they still may take. */
export class Session {
  readonly calls: EngineCall[] = [];
  private retries = 0;
  private readonly params: ModelParams;
  private readonly ports: Ports;
  private readonly tokens: number;

  constructor(params: ModelParams, ports: Ports, tokens: number | undefined) {
    this.params = params;
    this.ports = ports;
    this.tokens = tokens ?? Number.POSITIVE_INFINITY;
  }

  private get spent(): number {
    return this.calls.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  private worstOf(request: ChatRequest): Used {
    return { prompt: promptTokens(request), cached: 0, completion: this.params.max_output_tokens };
  }

  fail(why: string, exhausted = false): never {
    throw new GenerationFailed(why, this.calls, exhausted);
  }

  book({ role, request, digest, outcome, used, findings = [] }: Booking): void {
    const taken = used ?? this.worstOf(request);
    const price = role === 'judge' ? this.params.judge?.price : this.params.price;
    const cost = costOf(taken, price);
    this.calls.push({
      request: digest,
      role,
      model: request.model,
      tokens: taken.prompt + taken.completion,
      prompt_tokens: taken.prompt,
      ...(taken.cached > 0 ? { cached_tokens: taken.cached } : {}),
      completion_tokens: taken.completion,
      ...(cost === undefined || !price ? {} : { cost: amountOf(cost), currency: price.currency }),
      ...(used ? {} : { estimated: true as const }),
      outcome,
      ...(findings.length === 0 ? {} : { findings: findings.map((finding) => finding.slice(0, 500)) }),
    });
  }

  /**
   * One answer, however often the server has to be asked for it.
   * @throws GenerationFailed, Blocked
   */
  async converse(role: Booking['role'], request: ChatRequest, digest: string): Promise<Answered> {
    const nothing: Used = { prompt: 0, cached: 0, completion: 0 };
    for (;;) {
      if (this.ports.stopping.aborted) this.fail('the run was asked to stop');
      const worst = this.worstOf(request);
      const needed = worst.prompt + worst.completion;
      if (this.spent + needed > this.tokens) {
        this.fail(`stopped before a call: ${this.spent} tokens used, and ${needed} more may be over ${this.tokens}`);
      }
      const reply = await this.ports.ask(request);
      const trouble = { role, request, digest };
      if (reply.status === 'answered') {
        const completion = readCompletion(reply.body);
        if (completion) return { completion, ...(reply.requestId ? { requestId: reply.requestId } : {}) };
        const todo = 'engine_params.base_url in mhub.yaml leads to something that is no chat completion: correct it';
        this.book({ ...trouble, outcome: 'refused', used: nothing, findings: ['no chat completion came back'] });
        throw new GenerationBlocked('engine openai', ['engine_params.base_url'], todo, this.calls);
      }
      if (reply.status === 'blocked') {
        this.book({ ...trouble, outcome: 'refused', used: nothing, findings: [reply.why] });
        throw new GenerationBlocked('engine openai', reply.missing, reply.todo, this.calls);
      }
      const used = reply.status === 'refused' ? nothing : undefined;
      this.book({ ...trouble, outcome: reply.status, used, findings: [reply.why] });
      await this.stepBack(reply);
    }
  }

  private async stepBack(reply: Reply & { status: 'refused' | 'failed' }): Promise<void> {
    const asked = reply.status === 'refused' ? reply.wait : undefined;
    const most = this.params.max_retry_after_seconds;
    if (asked !== undefined && asked > most) {
      this.fail(`${reply.why}: it asks to wait ${asked} s, max_retry_after_seconds is ${most}`);
    }
    if (this.retries >= MAX_RETRIES) this.fail(`${reply.why}, after ${MAX_RETRIES} retries`);
    const seconds = asked ?? Math.min(MAX_BACKOFF_SECONDS, 0.5 * 2 ** this.retries);
    this.retries += 1;
    await this.ports.pause(seconds * 1000);
  }
}

interface Answered {
  readonly completion: Completion;
  readonly requestId?: string;
}
