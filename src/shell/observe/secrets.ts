/** Looks for secrets in what is to be published, where it stands as it is and where markup or tricks of writing hide it. */
import type { DocumentPart, GuardDocument, SecretFinding } from '../../core/contracts.ts';
import { foldMapped } from '../../core/fold.ts';
import { asWritten, joinMapped, type Mapped, sourceRange } from '../../core/mapped.ts';

interface Found {
  readonly start: number;
  readonly end: number;
  readonly what: string;
}

/** Tokens that secretlint 12, the last for Node 20, does not know. */
const NEWER: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a Tailscale key', pattern: /(?<!\p{L})tskey-[a-z]{2,12}-\w{6,40}(?:-\w{12,64})?(?!\w)/gu },
  { what: 'a Cloudflare token', pattern: /(?<!\p{L})cf(?:k|ut|at)_[A-Za-z0-9]{48}(?![A-Za-z0-9])/gu },
  { what: 'a GitHub App token', pattern: /(?<!\p{L})ghs_\d+_[\w.-]{60,}/gu },
  {
    what: 'a Stripe key',
    pattern: /(?<!\p{L})(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,128}|whsec_[A-Za-z0-9]{24,64})(?![A-Za-z0-9])/gu,
  },
  { what: 'a Google client secret', pattern: /(?<!\p{L})GOCSPX-[\w-]{28}(?![\w-])/gu },
  { what: 'a Google API key', pattern: /(?<!\p{L})AIza[\w-]{35}(?![\w-])/gu },
];

const newerIn = (text: string): Found[] =>
  NEWER.flatMap(({ what, pattern }) =>
    [...text.matchAll(pattern)].map(({ 0: { length }, index }) => ({ start: index, end: index + length, what })),
  );

/** @secretlint/secretlint-rule-aws, AWSAccessKeyID -> a secret of aws (AWSAccessKeyID) */
const whatOf = (ruleId: string, messageId: string): string =>
  `a secret of ${ruleId.replace('@secretlint/secretlint-rule-', '')} (${messageId})`;

type Scan = (file: string, text: string) => Promise<Found[]>;

async function openScan(): Promise<Scan> {
  const [{ lintSource }, { creator }, { secretLintProfiler }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
    import('@secretlint/profiler'),
  ]);
  // It keeps every mark and searches all of them for each new one: a thousand pages would take minutes and never be freed.
  secretLintProfiler.mark = () => undefined;
  const preset = {
    id: '@secretlint/secretlint-rule-preset-recommend',
    rule: creator,
    rules: [
      // Ids of AWS keys are looked for only when asked.
      { id: '@secretlint/secretlint-rule-aws', options: { enableIDScanRule: true } },
      // An asset never switches off what judges it.
      { id: '@secretlint/secretlint-rule-filter-comments', disabled: true },
    ],
  };
  return async (file, content) => {
    const { messages } = await lintSource({
      source: { filePath: file, content, ext: '', contentType: 'text' },
      options: { config: { rules: [preset] }, maskSecrets: true, noPhysicFilePath: true },
    });
    const known = messages.map(({ range: [start, end], ruleId, messageId }) => ({
      start,
      end,
      what: whatOf(ruleId, messageId),
    }));
    return [...known, ...newerIn(content)];
  };
}

/** The source as it is, and its texts as they read: what entities, tags or invisible characters take apart is whole there. */
function viewsOf({ source, blocks }: DocumentPart): Mapped[] {
  const texts = blocks.flatMap((block) => {
    const folded = foldMapped(block);
    const end = folded.map.at(-1) ?? 0;
    return [folded, { text: '\n', map: [end, end] }];
  });
  return [asWritten(source), joinMapped(texts)];
}

async function scanPart(part: DocumentPart, scan: Scan): Promise<SecretFinding[]> {
  const { file, source } = part;
  const found: SecretFinding[] = [];
  for (const view of viewsOf(part)) {
    for (const { start, end, what } of await scan(file, view.text)) {
      const [offset, last] = sourceRange(view, start, end, source);
      const isKnown = found.some((other) => offset < other.offset + other.length && other.offset < last);
      if (!isKnown) found.push({ file, offset, length: last - offset, what });
    }
  }
  return found.sort((a, b) => a.offset - b.offset);
}

let opened: Promise<Scan> | undefined;

/** Never tells the secret itself. */
export async function scanSecrets({ parts }: GuardDocument): Promise<SecretFinding[]> {
  opened ??= openScan();
  const scan = await opened;
  return (await Promise.all(parts.map((part) => scanPart(part, scan)))).flat();
}
