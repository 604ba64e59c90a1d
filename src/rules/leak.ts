import type {
  DocumentPart,
  GuardDocument,
  NotEvaluated,
  Rule,
  RuleContext,
  RuleFinding,
  SecretFinding,
} from '../core/contracts.ts';
import { findingAt, findingOn } from '../core/document.ts';
import { foldMapped } from '../core/fold.ts';
import { asWritten, type Mapped, replaceMapped } from '../core/mapped.ts';
import { mask, type PersonalDatum, PII_KINDS, type PiiKind, personalDataIn, plainDatum } from '../core/pii.ts';

interface Params {
  readonly pii?: readonly PiiKind[];
  readonly allow?: readonly string[];
}

const NAMES: Readonly<Record<PiiKind, string>> = {
  email: 'an email address',
  phone: 'a phone number',
  credit_card: 'a card number',
  us_ssn: 'a social security number',
  iban: 'a bank account',
};

/** What may be named: what the pack allows, and the addresses under which the brand itself is reached. */
function allowedIn({ allow = [] }: Params, { unit }: RuleContext): (datum: PersonalDatum) => boolean {
  const own = Object.values(unit.brand.addresses).flatMap((address) => personalDataIn(address, PII_KINDS));
  const allowed = new Set([...allow, ...own.map(({ text }) => text)].map(plainDatum));
  return ({ text }) => allowed.has(plainDatum(text));
}

const unescapeUrl = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The texts of a part, and its source, where addresses hide in links and comments. */
function textsOf(part: DocumentPart): { readonly text: Mapped; readonly kinds: readonly PiiKind[] }[] {
  const source = replaceMapped(asWritten(part.source), /%[0-9a-f]{2}/gi, unescapeUrl);
  return [
    ...part.blocks.map((block) => ({ text: foldMapped(block), kinds: PII_KINDS })),
    { text: source, kinds: ['email'] },
  ];
}

/** Nothing here ever says what was found: a finding is written into files and sent to copy engines. */
function personalData(part: DocumentPart, params: Params, context: RuleContext): RuleFinding[] {
  const isAllowed = allowedIn(params, context);
  const wanted = params.pii ?? PII_KINDS;
  const findings = textsOf(part).flatMap(({ text, kinds }) =>
    personalDataIn(
      text.text,
      kinds.filter((kind) => wanted.includes(kind)),
    )
      .filter((datum) => !isAllowed(datum))
      .map((datum) => ({
        ...findingOn(part, text, datum.start, datum.end, `looks like ${NAMES[datum.kind]} of a person: take it out`),
        excerpt: mask(datum.text),
      })),
  );
  const places = findings.map(({ line, column }) => `${line}:${column}`);
  return findings.filter((_, index) => places.indexOf(places[index] ?? '') === index);
}

function secretsIn(part: DocumentPart, secrets: readonly SecretFinding[]): RuleFinding[] {
  return secrets
    .filter(({ file }) => file === part.file)
    .map(({ offset, length, what }) =>
      findingAt(
        part,
        offset,
        `looks like ${what}: take it out and revoke it`,
        mask(part.source.slice(offset, offset + length)),
      ),
    );
}

function check({ parts }: GuardDocument, params: Params, context: RuleContext): RuleFinding[] | NotEvaluated {
  const { secrets } = context.observed;
  const scanned = secrets && !('unavailable' in secrets) ? secrets : undefined;
  const findings = parts.flatMap((part) => [...secretsIn(part, scanned ?? []), ...personalData(part, params, context)]);
  if (scanned || findings.length > 0) return findings;
  return { notEvaluated: secrets && 'unavailable' in secrets ? secrets.unavailable : 'nobody has looked for secrets' };
}

const observed = { secrets: [] } as const;
const post = (text: string, params: Params = {}, secrets: readonly SecretFinding[] = []) =>
  ({ with: params, kind: 'social_post', files: { 'post.txt': text }, context: { observed: { secrets } } }) as const;

export const rule: Rule<Params> = {
  id: 'leak',
  about: 'No secret and no personal data goes out; what is found is never shown.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      pii: {
        type: 'array',
        uniqueItems: true,
        items: { type: 'string', enum: PII_KINDS },
        description: 'Kinds of personal data to look for; all when left out.',
      },
      allow: {
        type: 'array',
        uniqueItems: true,
        items: { type: 'string', minLength: 3 },
        description: "Addresses and numbers that may be named, beside the brand's own.",
      },
    },
  },
  needs: ['secrets'],
  tighten: { pii: 'add' },
  check,
  examples: {
    pass: [
      post('Write to hello@northwind.example.'),
      post('Call 555-010-9999.', { allow: ['555 010 9999'] }),
      post('Card 4111 1111 1111 1112'),
      {
        with: { pii: ['iban'] },
        kind: 'email',
        files: { 'a.html': '<p>jane@fabrikam.example</p>' },
        context: { observed },
      },
    ],
    fail: [
      post('Mail jane.doe@fabrikam.example'),
      post('Card 4111 1111 1111 1111'),
      post('The key is KEY-4711', {}, [{ file: 'post.txt', offset: 11, length: 8, what: 'a key' }]),
      {
        with: {},
        kind: 'email',
        files: { 'a.html': '<a href="/?m=jane%40fabrikam.example">x</a>' },
        context: { observed },
      },
    ],
  },
};
