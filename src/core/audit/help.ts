/** What the help of `mhub verify` and `mhub trace` says beyond their options. */

export const VERIFY_HELP = `
It reads every commit along the first parent, and those that a merge only moves the branch to, such as a pull request
that was up to date. It believes nothing but the files: the ledger (append-only, hash-chained),
intents (on record before each receipt), keys, verdicts on the exact bytes, caps and switches as they were at the time,
who wrote what, and the site as it stands now. With --since the history before is still read, because keys and caps
depend on it, but only what came later is reported. Exit code 3 when anything is wrong.

Author and committer are names, and anybody with push rights can forge a name. What a forger cannot do unseen is change
or drop a receipt that was filed: each line is chained to the one before it, and each file to the commit that its run
started from. Replacing history that was pushed takes a force-push, so protect the branch on the remote, let only the
engine push to hub/ and site/, and keep a clone elsewhere to compare with.

Examples:
  mhub verify
  mhub verify --since v1.2.0
  mhub verify --json`;

export const TRACE_HELP = `
From what went out back to why: receipt, asset, verdict and policy, plan with its rejected alternatives, signals, the
facts that each block of copy rests on, headline first, and the commit of each.

Examples:
  mhub trace https://example.com/launch/
  mhub trace 9cf38ac3                       start of a receipt's key
  mhub trace spring-launch/landing-page-a   an asset, with or without its campaign`;
