import { expect, test } from 'vitest';
import { isMailable, isPersonId, recipientId, secretFingerprint, suppressionId } from './people.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const KEY = 'ab'.repeat(32);

test('spaces, case and the way a letter is composed make nobody somebody else', () => {
  const id = recipientId(SECRET, KEY, 'ren\u00e9@example.com');
  expect(recipientId(SECRET, KEY, ' Rene\u0301@Example.COM ')).toBe(id);
  expect(isPersonId(id)).toBe(true);
});

test('one person has another id in every publication and among those who left, and under another secret', () => {
  const ids = [
    recipientId(SECRET, KEY, 'ada@example.com'),
    recipientId(SECRET, 'cd'.repeat(32), 'ada@example.com'),
    suppressionId(SECRET, 'ada@example.com'),
    recipientId(`${SECRET}!`, KEY, 'ada@example.com'),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(secretFingerprint(SECRET)).toMatch(/^[0-9a-f]{16}$/);
  expect(secretFingerprint(SECRET)).not.toBe(secretFingerprint(`${SECRET}!`));
});

test.each(['ada@example.com', "o'brien+news@mail.example.co.uk", 'rené@bücher.example'])(
  '%s can be mailed',
  (address) => {
    expect(isMailable(address)).toBe(true);
  },
);

test.each([
  '',
  'ada',
  'ada@example',
  'ada@@example.com',
  'ada@example.com, bob@example.com',
  'Ada <ada@example.com>',
  'ada@example.com\r\nBcc: bob@example.com',
  '.ada@example.com',
  'a..b@example.com',
  'ada@-example.com',
  `${'a'.repeat(65)}@example.com`,
])('%j cannot be mailed', (address) => {
  expect(isMailable(address)).toBe(false);
});
