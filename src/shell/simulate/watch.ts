/** Shows the checker what is new on the remote branch and in the outside world. */
import type { Checker } from '../../core/simulation/checker.ts';
import type { Outside } from './channels.ts';
import type { ObjectReader } from './objects.ts';
import type { Place } from './place.ts';

export interface WatchOptions {
  readonly place: Place;
  readonly reader: ObjectReader;
  readonly checker: Checker;
  readonly outside: Outside;
  /** Channels whose effects leave the repository. */
  readonly channels: ReadonlySet<string>;
  readonly tip: () => string;
}

export class Watch {
  /** The commit that it began with. */
  readonly since: string;
  private readonly options: WatchOptions;
  private seen: string;

  constructor(options: WatchOptions) {
    this.options = options;
    this.since = options.tip();
    this.seen = this.since;
  }

  async begin(): Promise<void> {
    const { checker, reader } = this.options;
    await checker.begin(this.since, await reader.files(this.since));
  }

  async look(): Promise<void> {
    const { place, reader, checker, outside, channels, tip } = this.options;
    const now = tip();
    const commits = now === this.seen ? [] : await reader.commits(this.seen, now);
    this.seen = now;
    const seen = commits.map((commit) => ({ ...commit, byPerson: place.byPerson.has(commit.id) }));
    await checker.step(seen, outside.calls, outside.accepted);
    checker.checkTruth(outside.accepted, channels);
  }
}
