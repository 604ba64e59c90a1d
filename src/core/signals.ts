/** Filing readings as signals: the same reading is never filed twice. */
import type { Signal } from '../generated/entities.ts';
import type { FileChange, FiledSignal, Instant, Reading } from './contracts.ts';
import { stringifyDocument } from './documents.ts';

const about = ({ kind, n, items }: Reading): string =>
  kind === 'news' ? `news, ${items.length} items` : `${kind}, n = ${n}`;

/**
 * @param folder   hub/brands/<brand>/signals or hub/campaigns/<campaign>/signals
 * @param source   source or channel that was read
 * @param filed    signals that stand already
 */
export function newSignals(
  folder: string,
  source: string,
  readings: readonly Reading[],
  filed: readonly FiledSignal[],
  now: Instant,
): FileChange[] {
  return readings
    .filter(({ digest }) => !filed.some(({ signal }) => signal.source === source && signal.digest === digest))
    .map((reading) => {
      const day = (reading.to ?? now).slice(0, 10);
      const signal: Signal = { source, ...reading };
      const path = `${folder}/${day}/${source}-${reading.digest.slice(0, 12)}.yaml`;
      return { path, content: stringifyDocument(signal), because: about(reading) };
    });
}
