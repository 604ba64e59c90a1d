/** What `mhub verify` holds against a history: every rule, and what it expects. */

export const auditRules = {
  'ledger/deleted': 'a file of the ledger stays for ever',
  'ledger/shortened': 'a file of the ledger only grows by lines at its end',
  'ledger/reordered': 'lines of the ledger keep their order',
  'ledger/edited': 'a line of the ledger never changes',
  'ledger/chain': 'each line names the SHA-256 of the line before it',
  'ledger/base': 'the first line of a file names a commit that comes before its own; otherwise history was rewritten',
  'ledger/future': 'a receipt is not dated after the commit that files it',
  'ledger/backdated': 'a receipt is not dated before receipts that were filed earlier',
  'ledger/unreadable': 'each line is one receipt with the fields of the schema and no others',
  'intents/unreadable': 'each line is one intent with the fields of the schema and no others',
  'intents/missing': 'an intent with the same key, attempt and content in an earlier commit',
  'intents/not-ahead': 'the intent in a commit before the one of its receipt, so that it was on record before the call',
  'intents/vanished': 'an intent goes in the commit that files its receipt, and only there',
  'intents/kept': 'the commit that files a receipt removes its intent',
  'intents/two-open': 'at most one open intent per key',
  'intents/after-sent': 'nothing is attempted again once it was sent',
  'keys/twice': 'a key is sent at most once',
  'keys/wrong': 'a key is the SHA-256 of campaign, asset, channel and slot',
  'verdict/missing': 'a verdict of Guard on the asset',
  'verdict/not-passed': 'a verdict with result pass',
  'verdict/other-content': 'a verdict on exactly the content that was sent',
  'verdict/asset-changed': 'files of the asset that hash to the content that was sent',
  'verdict/policy-missing': 'the policy of the verdict in hub/policies',
  'verdict/policy-changed': 'a policy file that hashes to its own name',
  'caps/exceeded': 'at most as many publications per civil day as the level allows',
  'caps/spacing': 'at least as many minutes between two publications as the level asks for',
  'caps/disabled': 'nothing is published at a level with publish_enabled: false',
  'caps/halt-until': 'nothing is published before halt_until',
  'caps/halted': 'nothing is published while a halt of its campaign and channel is unresolved',
  'caps/unknown': 'limits that can be read; those that cannot count as reached',
  'authorship/not-engine': "hub/ and site/ are written by the engine's identity in mhub.yaml, as author and committer",
  'authorship/halt': 'a person changes resolved: false to true in a halt, and nothing else',
  'authorship/trailers': "the engine's commits name their run and stage (Mhub-Run, Mhub-Stage)",
  'authorship/outside-job': "the engine's commits touch only what the job of their stage writes",
  'authorship/merge':
    'a merge changes nothing under hub/ and site/, unless it only moves the branch to commits on top of it',
  'site/page-missing': 'the page that the latest receipt sent',
  'site/page-differs': 'the bytes of the asset that the latest receipt sent',
  'site/cta': 'everything a reader can act on has a data-cta-id that is unique on its page',
  'withdrawn/unsent': 'what is taken down was sent with the same key, attempt and content, and is taken down once',
  'withdrawn/remains': 'no page, feed or sitemap shows what was taken down',
  'recipients/unreadable': 'each line is one record of recipients with the fields of the schema and no others',
  'recipients/claimed-twice': 'whoever is claimed is claimed by nobody else until they are released',
  'recipients/sent-twice': 'nobody is sent the same publication twice',
  'recipients/unclaimed': 'what became of a recipient stands in the file of their claim',
  'recipients/miscounted': 'a receipt counts the recipients as they are on record, and nobody is left claimed',
  'deployments/differs': 'a deployment names the digest of its folder as it was in the commit that files it',
  'hub/invalid': 'files under hub/ that mhub can read',
} as const;

export type AuditRule = keyof typeof auditRules;

/** Something in the history that must not be there. */
export interface Irregularity {
  readonly rule: AuditRule;
  /** The commit that brought it in; for what is wrong with the files as they are now, the commit that was checked. */
  readonly commit: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly wrong: string;
  readonly expected: string;
}

type Place = Pick<Irregularity, 'commit' | 'file' | 'line'>;

export const irregular = (rule: AuditRule, place: Place, wrong: string): Irregularity => ({
  rule,
  ...place,
  wrong,
  expected: auditRules[rule],
});
