import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { starterFile } from './blueprint.ts';
import { type Filling, fillStarter, withSchemaLine } from './fill.ts';

const segment = (more: Partial<Filling> = {}): string =>
  fillStarter(starterFile('AudienceSegment'), {
    entity: 'AudienceSegment',
    path: 'brands/acme/segments/makers.yaml',
    values: { name: 'Acme', audience: 'Makers' },
    targets: { fact: ['sample'], ChannelConfig: ['web', 'feed'] },
    ...more,
  });

test('whatever a name holds, it is read back as it was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (audience) => {
      expect(parse(segment({ values: { name: 'Acme', audience } }))).toMatchObject({ name: audience });
    }),
  );
});

test('what is filled in is never read as a token', () => {
  const values = { name: '{{audience}}', audience: '{{name}}' };
  expect(parse(segment({ values }))).toMatchObject({
    name: '{{name}}',
    about: 'People who hear of {{audience}} for the first time.',
  });
});

test('each key is explained where it first appears, and hints of the starter stay', () => {
  const lines = segment().split('\n');
  expect(lines[0]).toBe(
    '# yaml-language-server: $schema=../../../node_modules/mhub-engine/schemas/audience-segment.schema.json',
  );
  expect(lines).toContain('name: Makers # Name of the segment.');
  expect(lines.filter((line) => line.includes('Clause with a subject'))).toHaveLength(1);
  expect(lines).toContain('# Change this: who they are.');
});

describe('references', () => {
  test('those that name something stay, others become what there is', () => {
    expect(parse(segment())).toMatchObject({ channels: ['web', 'feed'], objections: [{ facts: ['sample'] }, {}] });
  });

  test('a wording rests on no fact that is not there', () => {
    expect(parse(segment({ targets: { fact: [], ChannelConfig: ['web'] } }))).toMatchObject({
      objections: [{ facts: [] }, {}],
    });
  });

  test('what has to be named and is not there is asked for', () => {
    expect(() => segment({ targets: { ChannelConfig: [] } })).toThrow(
      'there is no channel yet that it could name: run "mhub new channel <id>" first',
    );
  });
});

test('a file of the package names its schema from where it will lie', () => {
  const text = '# yaml-language-server: $schema=../schemas/policy-pack.schema.json\nversion: 1.0.0\n';
  expect(withSchemaLine('policies/base.yaml', text)).toBe(
    '# yaml-language-server: $schema=../node_modules/mhub-engine/schemas/policy-pack.schema.json\nversion: 1.0.0\n',
  );
});
