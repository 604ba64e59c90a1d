/** One publication that leaves the repository or not: a call, or as many as there are people on its list. */
import type { CampaignInput, Outcome } from '../../core/contracts.ts';
import { Blocked } from '../../core/errors.ts';
import { type CallGuard, call, type PublishEffect } from '../calling.ts';
import type { Pass } from '../pass.ts';
import { type MailingChannel, type Order, setupOf } from './desk.ts';
import { mail } from './mailing.ts';

/** Of a publication that goes to a list; undefined for all others. */
export function orderOf(pass: Pass, guard: CallGuard, input: CampaignInput, effect: PublishEffect): Order | undefined {
  const channel = input.plugins.channels.get(effect.channel.adapter);
  return channel?.mailing ? { pass, guard, input, effect, channel: channel as MailingChannel } : undefined;
}

/** What can be told before any intent is written, so that it leaves no trace in the files. */
export function missingFor(order: Order): string | undefined {
  try {
    setupOf(order);
    return undefined;
  } catch (error) {
    if (error instanceof Blocked) return error.todo;
    throw error;
  }
}

export function deliver(
  pass: Pass,
  guard: CallGuard,
  input: CampaignInput,
  effect: PublishEffect,
): Promise<Outcome<'publish'>> {
  const order = guard.dryRun ? undefined : orderOf(pass, guard, input, effect);
  return order ? mail(order) : call(pass, guard, input, effect);
}
