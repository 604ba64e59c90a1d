import { expect, test } from 'vitest';
import { Pattern, textOf, withoutGroups } from './pattern.ts';

const all = (source: string, text: string): string[] =>
  new Pattern(source).matches(textOf(text)).map((match) => match.text);

test('words of every script have edges', () => {
  expect(all('(?i)\\b(?:übung|we)\\b', 'Übung macht Meister; We owe it.')).toEqual(['Übung', 'We']);
  expect(all('\\bob\\b', 'obéir, ob')).toEqual(['ob']);
  expect(all('\\w+', 'naïve café_1')).toEqual(['naïve', 'café_1']);
  expect(all('\\B\\w', 'éa')).toEqual(['a']);
});

test('typographic signs do not make a text slow or strange', () => {
  expect(all("\\b(?:don't|we)\\b", '“we” and we’re — we')).toEqual(['we', 'we', 'we']);
  expect(all('[^\\w\\s]', 'a “b”')).toEqual(['“', '”']);
  expect(all('\\p{Pi}', 'a “b”')).toEqual(['“']);
});

test.each([
  ['(?P<word>a)(?P=word)', 'aab', ['aa']],
  ["(?'x'a)\\k<x>", 'aab', ['aa']],
  ['\\A\\w+\\z', 'abc', ['abc']],
  ['^a$', 'b\na\nb', []],
  ['(?m)^a$', 'b\na\nb', ['a']],
  ['^a$', 'a\n', ['a']],
  ['a.b', 'a\nb', []],
  ['(?s)a.b', 'a\nb', ['a\nb']],
  ['(?s:a.)b.', 'a\nb\n', []],
  ['(?x) a  b # both', 'ab', ['ab']],
  ['[[:upper:][:digit:]]+', 'aÜB9c', ['ÜB9']],
  ['[[:^alpha:]]', 'a1', ['1']],
  ['[]a]+', 'a]b', ['a]']],
  ['[^]a]', 'a]b', ['b']],
  ['[a\\-z]+', 'a-zb', ['a-z']],
  ['[^\\W_]+', 'é_a', ['é', 'a']],
  ['a{,3}', 'aa a{,3}', ['a{,3}']],
  ['a{2,}', 'a aaa', ['aaa']],
  ['\\Qa.b\\E', 'axb a.b', ['a.b']],
  ['\\x41\\x{1F600}', 'A😀', ['A😀']],
  ['[😀-😂]', 'a😁', ['😁']],
  ['\\h+', 'a \tb', [' \t']],
  ['\\pL+', '1é', ['é']],
  ['\\p{Greek}+', 'aλ', ['λ']],
  ['(?=a)?b', 'b', ['b']],
  ['(?#not this)b', 'b', ['b']],
  ['\\d', '٣', ['٣']],
])('%s is read as Go reads it', (source, text, found) => {
  expect(all(source, text)).toEqual(found);
});

test('case may matter in a part only', () => {
  expect(all('\\b(?:(?-i)API|(?i)sql)\\b', 'api API sql SQL')).toEqual(['API', 'sql', 'SQL']);
  expect(all('(?i)web(?-i:Sub|[A-C]+)', 'WEBsub WEBSub webAB webab')).toEqual(['WEBSub', 'webAB']);
  expect(all('a(?i)b[c-d]|E', 'aBD ABD e')).toEqual(['aBD', 'e']);
});

test.each([
  ['(a', 'a group is not closed'],
  ['a)', 'a ) closes nothing'],
  ['[a', 'a [ is not closed'],
  ['(?>a)', '(?> is not supported'],
  ['(?U)a', 'flag U is not supported'],
  ['\\y', '\\y is not known'],
  ['\\p{Nothing}', 'there is no Unicode class "Nothing"'],
  ['[[:nothing:]]', 'there is no class [:nothing:]'],
  ['\\2(a)', 'there is no group "2" before this place'],
  ['[z-a]', 'a range of characters runs backwards'],
  ['a\\', 'it ends in a backslash'],
])('%s does not compile', (source, message) => {
  expect(() => new Pattern(source)).toThrow(new SyntaxError(message));
});

test.each([
  '(?i)\\b(?:[^,]+,){1,}\\s\\w+\\s(?:and|or)\\b',
  '[^\\W\\d]+-\\w',
  '[[:punct:]]\\s?\\S',
  '\\b\\d+(?:ms|s)\\b|\\p{Lu}{2,}',
  '(?<=\\w)[^\\p{L}]+$',
])('%s finds the same in ASCII, whatever variant reads it', (source) => {
  const text = 'Pens, ink, paper and glue; A-B takes 5ms, 10 s -- or 7d.\nSee the FAQ, the API or x-y!';
  const pattern = new Pattern(source);
  expect(pattern.matches({ text, width: 'letters' })).toEqual(pattern.matches({ text, width: 'ascii' }));
  expect(pattern.matches({ text, width: 'ascii' })).not.toEqual([]);
});

test('groups can be made to capture nothing', () => {
  expect(withoutGroups('(a|b)\\(c\\)(?:d)(?P<n>e)[(](?=f)')).toBe('(?:a|b)\\(c\\)(?:d)(?:e)[(](?=f)');
  expect(() => withoutGroups('(a)\\1')).toThrow('\\1 cannot be used here');
});

test('an empty match is none, and does not go on for ever', () => {
  expect(all('x*', 'axxb')).toEqual(['xx']);
});
