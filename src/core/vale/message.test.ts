import { expect, test } from 'vitest';
import { formatMessage, quotedList } from './message.ts';

test('values are filled in in order, or by their number', () => {
  expect(formatMessage("Use '%s' instead of '%s'.", ['email', 'e-mail'])).toBe("Use 'email' instead of 'e-mail'.");
  expect(formatMessage('%[2]s before %[1]s, 100%% of %d', ['a', 'b'])).toBe('b before a, 100% of b');
  expect(formatMessage('Nothing: %s', [])).toBe('Nothing: ');
});

test('a list reads as one', () => {
  expect(quotedList(['a'])).toBe("'a'");
  expect(quotedList(['a', 'b', 'c'])).toBe("'a', 'b' or 'c'");
});
