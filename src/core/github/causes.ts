/** What wants attention, by its cause: the same trouble is the same cause in every run, whatever its counts and times. */
import { isStanding } from '../breakers.ts';
import type { HubState, Instant, Note } from '../contracts.ts';
import { sha256 } from '../hash.ts';
import { liveReceipts, standingReceipts } from '../ledger.ts';
import { needsAttention } from '../report.ts';
import { latestLooks } from '../verifications.ts';

/** What a person does about it: a command to run, or lines of a file as they should be. */
export interface Remedy {
  readonly say: string;
  /** To be copied. */
  readonly code?: string;
  readonly language?: 'sh' | 'yaml';
}

export interface Cause {
  /** 16 hex digits, from level, scope and kind. */
  readonly id: string;
  readonly level: Note['level'];
  readonly scope: string;
  /** In a few words, without a scope. */
  readonly title: string;
  readonly remedy: Remedy;
  /** What was said of it, each once. */
  readonly evidence: readonly string[];
  /** It happened rather than lasts: only a person knows when it is over. */
  readonly once: boolean;
}

interface Kind {
  readonly of: RegExp;
  /** What tells this cause from another of its kind; group 1 of the pattern when left out. */
  readonly about?: (match: RegExpExecArray) => string;
  readonly title: (about: string) => string;
  readonly remedy: (about: string, note: Note) => Remedy;
  readonly once?: true;
}

const AGAIN = 'The next run goes on by itself.';
const CHANGED_BY_HAND = 'Mend what the message names, commit, and let the next run look again.';

/** The first that fits counts. */
const KINDS: readonly Kind[] = [
  {
    of: /\bhub\/halts\/([a-z0-9-]+)\.yaml/,
    title: (halt) => halt,
    remedy: (halt) => ({
      say: 'Mend what the halt names, then end it. The command makes a commit; in delivery local, push it.',
      code: `mhub resume ${halt}`,
      language: 'sh',
    }),
  },
  {
    of: /\bpublish_enabled is false in (\S+)/,
    title: (file) => `publish_enabled is false in ${file}`,
    remedy: (file) => ({
      say: `If this is no longer meant, change it in ${file}, and commit.`,
      code: 'breakers:\n  publish_enabled: true',
      language: 'yaml',
    }),
  },
  {
    of: /\b(MHUB_KILL) is set/,
    title: (variable) => `${variable} is set`,
    remedy: (variable) => ({ say: `Take ${variable} out of the environment of the run. ${AGAIN}` }),
  },
  {
    of: /((?:\w+ [a-z0-9-]+(?:, [^:]*)?: )?set ([A-Z][A-Z0-9_]{2,}(?:, [A-Z][A-Z0-9_]{2,})*))/,
    title: (what) => what,
    remedy: (what) => {
      const names = what.slice(what.lastIndexOf('set ') + 'set '.length).split(', ');
      return {
        say: 'Give the step that runs mhub what is missing. As secrets of the repository, for instance:',
        code: names.map((name) => `gh secret set ${name}`).join('\n'),
        language: 'sh',
      };
    },
  },
  {
    of: /(\bchannel [a-z0-9-]+\b.*, set delivery: direct)/,
    title: (what) => what,
    remedy: () => ({ say: 'Change it in mhub.yaml, and commit.', code: 'delivery: direct', language: 'yaml' }),
  },
  {
    of: /(brands\/[a-z0-9-]+\/brand\.yaml) still has reserved example names \(RFC 2606\) in ([^:]*)/,
    title: (file) => `${file} has example names`,
    remedy: (file) => ({ say: `Put your own addresses into ${file}, under addresses, and commit.` }),
  },
  {
    of: /cannot read (\S+(?:, \S+)*),? so\b/,
    title: (files) => `${files} cannot be read`,
    remedy: (files) => ({
      say: 'Bring back the last version that could be read, and commit it.',
      code: `git log --oneline -- ${files.replaceAll(',', '')}`,
      language: 'sh',
    }),
  },
  {
    of: /^([a-z0-9-]+ on [a-z0-9-]+) (?:may have gone out|is taken as sent)/,
    title: (what) => `${what} is in doubt`,
    remedy: (_what, { message }) => ({
      say: 'Look whether it went out. Where the channel can be asked, the next run finds out by itself; else say it:',
      code: `mhub resolve ${/\bkey ([0-9a-f]{8,64})/.exec(message)?.[1] ?? '<key>'} --as sent   # or --as released`,
      language: 'sh',
    }),
  },
  {
    of: /^([a-z0-9-]+ on [a-z0-9-]+) is not what was sent/,
    title: (what) => `${what} is not what was sent`,
    remedy: () => ({
      say: 'Find out who changed it, or publish it anew. The next look that finds it right closes this.',
    }),
  },
  {
    of: /^([a-z0-9-]+ on [a-z0-9-]+) no longer passes and cannot be called back/,
    title: (what) => `${what} no longer holds`,
    remedy: () => ({ say: 'Set it right with its readers, then close this.' }),
    once: true,
  },
  {
    of: /^([a-z0-9-]+) was taken down from ([a-z0-9-]+)/,
    about: ([, asset = '', channel = '']) => `${asset} on ${channel}`,
    title: (what) => `${what} was taken down`,
    remedy: () => ({ say: 'Nothing has to be done: it comes back once it passes. Close this when you have seen it.' }),
    once: true,
  },
  {
    of: /^([a-z0-9-]+) is rejected, /,
    title: (asset) => `${asset} is rejected`,
    remedy: (asset, { scope }) => ({
      say: 'Mend the message, the fact or the rule that the finding names, and commit. To have it written anew as well:',
      code: `git rm -r hub/campaigns/${scope}/assets/${asset}`,
      language: 'sh',
    }),
  },
  {
    of: /^([a-z0-9-]+) was edited after its verdict/,
    title: (asset) => `${asset} was edited after its verdict`,
    remedy: (asset, { scope }) => ({
      say: 'Bring back what Guard has judged, or have it made again:',
      code: `git rm -r hub/campaigns/${scope}/assets/${asset}`,
      language: 'sh',
    }),
  },
];

/** Dates, numbers, hashes and what was quoted from somebody else's answer change from run to run. */
const unchanging = (message: string): string =>
  message
    .replace(/\(.*?\)/g, '()')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b/g, '#')
    .replace(/\d+/g, '#')
    .split(': ')
    .slice(0, 2)
    .join(': ');

const OTHER: Omit<Kind, 'of'> = {
  title: (about) => about.slice(0, 120),
  remedy: () => ({ say: CHANGED_BY_HAND }),
};

const MAX_EVIDENCE = 20;

type Told = Omit<Cause, 'evidence'> & { readonly message: string };

function causeOf(note: Note): Told {
  const { level, scope, message } = note;
  for (const kind of KINDS) {
    const match = kind.of.exec(message);
    if (!match) continue;
    const about = kind.about?.(match) ?? match[1] ?? '';
    return told(note, kind, about, `${kind.of.source}\0${about}`);
  }
  const about = unchanging(message);
  return { ...told({ level, scope, message }, OTHER, message.split(': ').slice(0, 2).join(': '), about) };
}

const told = (note: Note, { title, remedy, once }: Omit<Kind, 'of'>, about: string, kind: string): Told => ({
  id: sha256(`${note.level}\0${note.scope}\0${kind}`).slice(0, 16),
  level: note.level,
  scope: note.scope,
  title: title(about),
  remedy: remedy(about, note),
  once: once === true,
  message: note.message,
});

/** One per cause, in the order in which they were told. */
export function causesOf(notes: readonly Note[]): Cause[] {
  const causes = new Map<string, Cause>();
  for (const { message, ...cause } of notes.filter(needsAttention).map(causeOf)) {
    const { evidence = [] } = causes.get(cause.id) ?? {};
    const isNew = !evidence.includes(message) && evidence.length < MAX_EVIDENCE;
    causes.set(cause.id, { ...(causes.get(cause.id) ?? cause), evidence: isNew ? [...evidence, message] : evidence });
  }
  return [...causes.values()];
}

/**
 * What lasts although a run may have no reason to speak of it: halts, assumptions that nobody has confirmed, and
 * publications that look different from what was sent.
 */
export function lastingNotes(state: Pick<HubState, 'halts' | 'receipts' | 'verifications'>, now: Instant): Note[] {
  const halts = state.halts
    .filter((halt) => isStanding(halt, now))
    .map(
      ({ id, campaign, why }): Note => ({ level: 'halted', scope: campaign, message: `hub/halts/${id}.yaml: ${why}` }),
    );
  const assumed = standingReceipts(state.receipts)
    .filter(({ status }) => status === 'assumed_sent')
    .map(({ campaign, asset, channel, key, because = 'nobody knows' }): Note => {
      const message = `${asset} on ${channel} is taken as sent (key ${key.slice(0, 12)}): ${because}`;
      return { level: 'in_doubt', scope: campaign, message };
    });
  const live = new Set(liveReceipts(state.receipts).map(({ key }) => key));
  const altered = [...latestLooks(state.verifications).values()]
    .filter(({ key, state: seen }) => seen !== 'verified' && live.has(key))
    .map(({ campaign, asset, channel, url = '', differences }): Note => {
      const message = `${asset} on ${channel} is not what was sent, ${url}: ${differences.join('; ') || 'nothing is there'}`;
      return { level: 'failed', scope: campaign, message };
    });
  return [...halts, ...assumed, ...altered];
}
