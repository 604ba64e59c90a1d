import { expect, test } from 'vitest';
import type { Finding } from '../generated/entities.ts';
import { fixedCopy } from './fixes.ts';

const block = (text: string) => ({ slot: 'body', text, facts: ['keys'] });
const finding = (from: string, to: string): Finding => ({
  rule: 'base/terms',
  severity: 'block',
  message: `Use '${to}' instead of '${from}'.`,
  fix: { from, to },
});

test('a replacement is made wherever the words stand alone, and the facts of the block stay', () => {
  const fixed = fixedCopy([block('Send an e-mail. An e-mail is not an e-mailer.')], [finding('e-mail', 'email')]);
  expect(fixed?.copy.blocks).toEqual([block('Send an email. An email is not an e-mailer.')]);
  expect(fixed?.fixes).toEqual([{ rule: 'base/terms', from: 'e-mail', to: 'email' }]);
});

test('doubled words and spaces go, one finding each', () => {
  const fixed = fixedCopy(
    [block('Try the the demo.'), block('Two  spaces.')],
    [finding('the the', 'the'), finding('  ', ' ')],
  );
  expect(fixed?.copy.blocks.map(({ text }) => text)).toEqual(['Try the demo.', 'Two spaces.']);
});

test('what stands only in a template cannot be fixed in the copy', () => {
  expect(fixedCopy([block('Nothing to see.')], [finding('e-mail', 'email')])).toBeUndefined();
  expect(
    fixedCopy([block('Nothing to see.')], [{ rule: 'base/claims', severity: 'block', message: 'No.' }]),
  ).toBeUndefined();
});
