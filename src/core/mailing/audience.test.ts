import { expect, test } from 'vitest';
import { type AudienceRow, audienceOf } from './audience.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const KEY = 'ab'.repeat(32);

async function* each(rows: readonly AudienceRow[]): AsyncGenerator<AudienceRow> {
  yield* rows;
}

const listOf = (...rows: AudienceRow[]) => audienceOf(each(rows), SECRET, KEY);
const agreed = (email: string): AudienceRow => ({ email, consent_at: '2026-01-05T08:00:00Z' });

test('whoever has not agreed is counted and left out, and so is an address that cannot be mailed', async () => {
  const { people, malformed, withoutConsent } = await listOf(
    agreed('ada@example.com'),
    { email: 'bob@example.com', consent_at: '' },
    agreed('nobody'),
  );
  expect(people.map(({ address }) => address)).toEqual(['ada@example.com']);
  expect(malformed).toHaveLength(1);
  expect(withoutConsent).toBe(1);
});

test('an address that is there twice counts once, with the consent of either row, spelled the same way each time', async () => {
  const rows = [agreed('Ada@example.com'), { email: 'ada@example.com', consent_at: '' }];
  for (const order of [rows, rows.toReversed()]) {
    const { people, withoutConsent } = await listOf(...order);
    expect(people.map(({ address }) => address)).toEqual(['Ada@example.com']);
    expect(withoutConsent).toBe(0);
  }
});

test('the order is that of the ids, whatever order the list has', async () => {
  const rows = ['ada', 'bob', 'cleo', 'dan', 'eve'].map((name) => agreed(`${name}@example.com`));
  const one = await listOf(...rows);
  const other = await listOf(...rows.toReversed());
  expect(other.people).toEqual(one.people);
  expect(one.people.map(({ id }) => id)).toEqual(one.people.map(({ id }) => id).sort());
});

test.each<[string, AudienceRow]>([
  ['row 2 of the list has no field email', { mail: 'bob@example.com', consent_at: '2026-01-05' }],
  ['row 2 of the list has no field consent_at', { email: 'bob@example.com' }],
  ['row 2 of the list has a consent_at that is no date', { email: 'bob@example.com', consent_at: 'yes' }],
  ['row 2 of the list has a consent_at that is no date', { email: 'bob@example.com', consent_at: '2026-13-40' }],
  ['row 2 of the list has a value that is no text: email', { email: 7, consent_at: '2026-01-05' }],
])('%s: nobody is mailed, and no address is quoted', async (message, row) => {
  const reading = listOf(agreed('ada@example.com'), row);
  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.not.toThrow(/@/);
});

test('an empty list is a mistake, not a mailing to nobody', async () => {
  await expect(listOf()).rejects.toThrow('the list is empty');
});
