/** Shape of an answer: as the model is told, and as its answer is checked. */
import type { Brief, JsonSchema } from '../contracts.ts';

/** What may not stand in copy: control characters but a line break, and what makes text invisible or turns it around. */
const CLEAN =
  '^[^\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\u{e0000}-\\u{e007f}]*$';

const closed = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});

const textOneOf = (values: readonly string[]): JsonSchema =>
  values.length === 0 ? { type: 'string' } : { type: 'string', enum: values };

/**
 * What every server takes in strict mode: closed objects, everything required, no limits of length or number. Slots and
 * facts are those of the brief.
 */
export const wireSchema = ({ slots, facts }: Brief): JsonSchema =>
  closed({
    blocks: {
      type: 'array',
      items: closed({
        slot: textOneOf(slots.map(({ slot }) => slot)),
        text: { type: 'string' },
        facts: { type: 'array', items: textOneOf(facts.map(({ id }) => id)) },
      }),
    },
  });

/** The same with everything that an answer is held against, whatever the server has promised. */
export const fullSchema = ({ slots, facts }: Brief): JsonSchema =>
  closed({
    blocks: {
      type: 'array',
      minItems: 1,
      maxItems: slots.reduce((sum, { max }) => sum + max, 0),
      items: closed({
        slot: textOneOf(slots.map(({ slot }) => slot)),
        text: { type: 'string', minLength: 1, maxLength: 2000, pattern: CLEAN },
        facts: { type: 'array', maxItems: 20, items: textOneOf(facts.map(({ id }) => id)) },
      }),
    },
  });

/** Of what a judge answers. */
export const verdictSchema = (criteria: readonly string[]): JsonSchema =>
  closed({
    criteria: {
      type: 'array',
      items: closed({
        id: textOneOf(criteria),
        reason: { type: 'string' },
        quote: { type: 'string' },
        holds: { type: 'boolean' },
      }),
    },
  });
