/** The simulated person: edits files on the remote, and takes back what was wrong. */
import type { Instant } from '../../core/contracts.ts';
import { parseDocument, stringifyDocument } from '../../core/documents.ts';
import type { Random } from '../../core/simulation/random.ts';
import type { ObjectReader } from './objects.ts';
import type { Edits, Place } from './place.ts';

type Fields = Record<string, unknown>;

/** Something that the person has done and will take back. */
export interface Deed {
  readonly what: string;
  /** @returns what was done, nothing when there was nothing left to do */
  undo(at: Instant): string | undefined;
}

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const fieldsIn = (path: string, text: string): Fields | undefined => {
  const parsed = parseDocument(path, text);
  return parsed.ok && isFields(parsed.document.value) ? parsed.document.value : undefined;
};

const half = (text: string): string => text.slice(0, Math.floor(text.length / 2));

/** What the person may want to change. */
const SEEN =
  /^(mhub\.yaml|brands\/|campaigns\/|hub\/(ledger|open|halts)\/|hub\/campaigns\/[^/]+\/(plan\.yaml|assets\/))/;

export class Editor {
  private readonly place: Place;
  private readonly random: Random;
  private files = new Map<string, string>();

  constructor(place: Place, random: Random) {
    this.place = place;
    this.random = random;
  }

  /** Reads what the remote has; deeds are about these files. */
  async look(reader: ObjectReader, tip: string): Promise<void> {
    const seen = [...(await reader.files(tip))].filter(([path]) => SEEN.test(path));
    const read = seen.map(async ([path, { oid }]) => [path, Buffer.from(await reader.read(oid)).toString()] as const);
    this.files = new Map(await Promise.all(read));
  }

  private commit(message: string, edits: Edits, at: Instant): void {
    this.place.commit(message, edits, at);
    for (const [path, content] of Object.entries(edits)) {
      if (content === null) this.files.delete(path);
      else this.files.set(path, String(content));
    }
  }

  private under(folder: string): string[] {
    return [...this.files.keys()].filter((path) => path === folder || path.startsWith(`${folder}/`));
  }

  private readable(folder: string, pattern: RegExp): [path: string, fields: Fields][] {
    return this.under(folder).flatMap((path): [string, Fields][] => {
      const fields = pattern.test(path) ? fieldsIn(path, this.files.get(path) ?? '') : undefined;
      return fields ? [[path, fields]] : [];
    });
  }

  /** Changes one file by its fields; a file that cannot be read now stays as it is. */
  private change(path: string, at: Instant, message: string, edit: (fields: Fields) => Fields): boolean {
    const fields = fieldsIn(path, this.files.get(path) ?? '');
    if (!fields) return false;
    this.commit(message, { [path]: stringifyDocument(edit(fields)) }, at);
    return true;
  }

  private pick<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : this.random.pick(items);
  }

  switchOff(at: Instant): Deed | undefined {
    const files = [
      ...this.readable('mhub.yaml', /./),
      ...this.readable('brands', /\/channels\/[^/]+\.yaml$/),
      ...this.readable('campaigns', /\/campaign\.yaml$/),
    ].filter(([, { breakers }]) => !isFields(breakers) || breakers['publish_enabled'] !== false);
    const [path] = this.pick(files) ?? [];
    if (path === undefined) return undefined;
    const set =
      (publish_enabled: boolean) =>
      (fields: Fields): Fields => ({
        ...fields,
        breakers: { ...(isFields(fields['breakers']) ? fields['breakers'] : {}), publish_enabled },
      });
    if (!this.change(path, at, 'Stop publishing', set(false))) return undefined;
    return {
      what: `turned publish_enabled off in ${path}`,
      undo: (later) =>
        this.change(path, later, 'Publish again', set(true)) ? `turned publish_enabled on in ${path}` : undefined,
    };
  }

  changePrice(at: Instant): Deed | undefined {
    const [path, { price } = {}] = this.pick(this.readable('brands', /\/offers\/[^/]+\.yaml$/)) ?? [];
    if (path === undefined || !isFields(price)) return undefined;
    const amount = String(this.random.whole(1, 99));
    const set =
      (to: unknown) =>
      (fields: Fields): Fields => ({
        ...fields,
        price: { ...(isFields(fields['price']) ? fields['price'] : {}), amount: to },
      });
    if (!this.change(path, at, 'Change the price', set(amount))) return undefined;
    return {
      what: `changed the price in ${path} from ${String(price['amount'])} to ${amount}`,
      undo: (later) =>
        this.change(path, later, 'Take the price back', set(price['amount']))
          ? `took back the price in ${path}`
          : undefined,
    };
  }

  corrupt(at: Instant): Deed | undefined {
    const hub = this.under('hub');
    const last = (pattern: RegExp): string[] => hub.filter((path) => pattern.test(path)).slice(-1);
    const torn: readonly [path: string, spoil: (text: string) => string][] = [
      ...last(/^hub\/ledger\//).map((path): [string, (text: string) => string] => [path, (text) => `${text}{"key":"`]),
      ...last(/^hub\/open\//).map((path): [string, (text: string) => string] => [path, (text) => `${text}not json\n`]),
      ...last(/\/plan\.yaml$/).map((path): [string, (text: string) => string] => [path, half]),
      ...last(/\/assets\/[^/]+\/[^/]+\.(txt|html)$/).map((path): [string, (text: string) => string] => [
        path,
        (text) => `${text}edited by hand\n`,
      ]),
      ...this.under('campaigns')
        .slice(-1)
        .map((path): [string, (text: string) => string] => [path, half]),
      ['hub/halts/torn.yaml', () => 'campaign: start\nchannel: "fe'],
    ];
    const [path, spoil] = this.pick(torn) ?? [];
    if (path === undefined || !spoil) return undefined;
    const before = this.files.get(path);
    const spoilt = spoil(before ?? '');
    const restored: Edits = { [path]: before ?? null };
    if (spoilt === before) return undefined;
    this.commit('Break a file', { [path]: spoilt }, at);
    return {
      what: `broke ${path}`,
      undo: (later) => {
        // The engine may have written it anew, which is how a plan heals.
        if (this.files.get(path) !== spoilt) return undefined;
        this.commit('Restore a file', restored, later);
        return `restored ${path}`;
      },
    };
  }

  /** Something that has nothing to do with mhub. */
  takeNote(at: Instant): void {
    this.commit('Take a note', { 'NOTES.txt': `${at}\n${this.random.next()}\n` }, at);
  }
}
