import type { Reading, Source } from '../core/contracts.ts';
import { batchDigest, parseEvents, spanOf, tally } from '../core/events.ts';
import { sha256 } from '../core/hash.ts';

/** Looked, and nobody came: evidence as well, filed once. */
const NO_VISITS: Reading = { kind: 'visits', n: 0, digest: sha256('web_log\0none'), items: [], counts: [] };

export const source: Source = {
  id: 'web_log',
  about: 'Visits and clicks of the published pages, from the raw events that the collector of mhub serve has gathered.',
  params: { type: 'object', additionalProperties: false, properties: {} },
  env: [],
  inputs: () => [],

  async read(_params, io) {
    const batches = await io.events();
    if (batches.length === 0) return [NO_VISITS];
    return batches.map((batch) => {
      const { events } = parseEvents(batch.text);
      return {
        kind: 'visits',
        ...spanOf(events),
        n: events.filter(({ type }) => type === 'visit').length,
        digest: batchDigest('web_log', batch),
        items: [],
        counts: tally(events.map(({ path, type }) => ({ path, metric: type === 'visit' ? 'visits' : 'clicks' }))),
      };
    });
  },
};
