/** The rows of a list, and who of them may be mailed. */
import { Failed } from '../errors.ts';
import { isMailable, recipientId, sameAddress, suppressionId } from './people.ts';

/** One row as it stands on the list. */
export type AudienceRow = Readonly<Record<string, unknown>>;

/** Somebody who may be mailed. */
export interface Person {
  readonly id: string;
  readonly address: string;
  /** What they are called among those who get no more mail. */
  readonly suppression: string;
}

export interface Audience {
  /** In the order of their ids, in which they are mailed. */
  readonly people: readonly Person[];
  readonly byId: ReadonlyMap<string, Person>;
  /** Ids of rows whose address nothing can be sent to. */
  readonly malformed: readonly string[];
  readonly withoutConsent: number;
}

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** A list of which a part may be missing is no list: whoever is on that part would silently be left out. */
export const brokenList = (what: string): Failed =>
  new Failed(`${what}, so nobody is mailed from it`, { mayHaveHappened: false });

const textIn = (row: AudienceRow, field: string, place: string): string => {
  const value = row[field] ?? '';
  if (typeof value !== 'string') throw brokenList(`${place} of the list has a value that is no text: ${field}`);
  return value.trim();
};

interface Entry {
  readonly address: string;
  readonly hasConsent: boolean;
}

/** Of two rows for one mailbox the consent of either counts, and always the same spelling of the address. */
const merged = (a: Entry, b: Entry): Entry => ({
  address: a.address < b.address ? a.address : b.address,
  hasConsent: a.hasConsent || b.hasConsent,
});

function entryOf(row: AudienceRow, place: string): Entry {
  if (!('email' in row)) throw brokenList(`${place} of the list has no field email`);
  if (!('consent_at' in row)) throw brokenList(`${place} of the list has no field consent_at`);
  const consent = textIn(row, 'consent_at', place);
  if (consent !== '' && (!DATE.test(consent) || Number.isNaN(Date.parse(consent)))) {
    throw brokenList(`${place} of the list has a consent_at that is no date`);
  }
  return { address: textIn(row, 'email', place).normalize('NFC'), hasConsent: consent !== '' };
}

const byId = (a: Person, b: Person): number => (a.id < b.id ? -1 : 1);

/**
 * @param rows         each with email, and consent_at: a date, or empty where nobody has agreed
 * @param publication  key of the publication
 * @throws Failed      for a row that cannot be understood; it never quotes an address
 */
export async function audienceOf(
  rows: AsyncIterable<AudienceRow>,
  secret: string,
  publication: string,
): Promise<Audience> {
  const entries = new Map<string, Entry>();
  let count = 0;
  for await (const row of rows) {
    count += 1;
    const entry = entryOf(row, `row ${count}`);
    const same = sameAddress(entry.address);
    const known = entries.get(same);
    entries.set(same, known ? merged(known, entry) : entry);
  }
  if (count === 0) throw brokenList('the list is empty');
  const people: Person[] = [];
  const malformed: string[] = [];
  let withoutConsent = 0;
  for (const { address, hasConsent } of entries.values()) {
    const id = recipientId(secret, publication, address);
    if (!hasConsent) withoutConsent += 1;
    else if (isMailable(address)) people.push({ id, address, suppression: suppressionId(secret, address) });
    else malformed.push(id);
  }
  people.sort(byId);
  return { people, byId: new Map(people.map((person) => [person.id, person])), malformed, withoutConsent };
}
