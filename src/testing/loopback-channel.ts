/** Channels whose effects leave the repository, one of each class; they stand in for registered ones. */
import { channel as feed } from '../channels/feed.ts';
import { channel as outbox } from '../channels/outbox.ts';
import type { Channel, ChannelClass, Publication, Published } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';
import { type Adapters, registeredAdapters } from '../shell/perform.ts';

/** By id of the registered channel: the class of the one that takes its place. */
export type Classes = Readonly<Partial<Record<'feed' | 'outbox', ChannelClass>>>;

const REGISTERED = { feed, outbox };

async function publishedBy(response: Response): Promise<Published> {
  if (response.ok) return { url: ((await response.json()) as { url: string }).url, changes: [] };
  throw new Failed(`the service answered ${response.status}`, { mayHaveHappened: response.status >= 500 });
}

/** @param service  address of the book that the service keeps for one test */
function leaving({ files: _files, ...like }: Channel, kind: ChannelClass, service: string): Channel {
  const book = `${service}/${like.id}`;
  const find = async ({ receipt }: Publication): Promise<Published | null> => {
    const response = await fetch(`${book}/${receipt.key}`);
    return response.status === 404 ? null : publishedBy(response);
  };
  const send = {
    natural: ({ key }) => fetch(`${book}/${key}`, { method: 'PUT' }),
    key: ({ key }) => fetch(book, { method: 'POST', headers: { 'idempotency-key': key } }),
    query: ({ key }) => fetch(book, { method: 'POST', headers: { 'x-marker': key } }),
    opaque: ({ key }) => fetch(book, { method: 'POST', headers: { 'x-marker': key } }),
  } satisfies Record<ChannelClass, (receipt: Publication['receipt']) => Promise<Response>>;
  return {
    ...like,
    class: kind,
    ...(kind === 'key' ? { keyMinutes: 24 * 60 } : {}),
    ...(kind === 'query' ? { find } : {}),
    publish: async ({ receipt }) => publishedBy(await send[kind](receipt)),
  };
}

export function loopbackAdapters(service: string, classes: Classes): Adapters {
  const replaced = Object.entries(classes).map(([id, kind]) => {
    const channel = leaving(REGISTERED[id as keyof Classes], kind, service);
    return [id, { ...registeredAdapters.channels[id], about: channel.about, load: async () => channel }] as const;
  });
  return { ...registeredAdapters, channels: { ...registeredAdapters.channels, ...Object.fromEntries(replaced) } };
}
