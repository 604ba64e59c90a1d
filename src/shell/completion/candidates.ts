/** What could stand at the end of a command line: commands, options, their values, ids of the workspace. */
import { resolve } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { channels, sources } from '../../generated/registry.ts';
import { kinds } from '../start/words.ts';
import { idsAt, workspaceAbove } from './ids.ts';

/** One word, and what it is for; or what the shell knows better. */
export type Candidate = readonly [word: string, about?: string] | ':files' | ':folders';

interface Line {
  readonly command: Command;
  /** Positional words before the current one. */
  readonly given: readonly string[];
  /** The option whose value is being written. */
  readonly option: Option | undefined;
  readonly cwd: string;
}

const takesValue = (option: Option | undefined): boolean => option?.required === true || option?.optional === true;

const optionOf = (command: Command, word: string): Option | undefined =>
  command.options.find(({ long, short }) => long === word || short === word);

const subcommand = (command: Command, word: string): Command | undefined =>
  command.commands.find((one) => one.name() === word);

/** @param words  before the current one, without the program's name; bash gives the = of --option=value as a word */
function readLine(root: Command, words: readonly string[], folder: string): Line {
  let [command, option, cwd]: [Command, Option | undefined, string] = [root, undefined, folder];
  const given: string[] = [];
  for (const word of words.filter((one) => one !== '=')) {
    if (takesValue(option)) {
      if (option?.long === '--cwd') cwd = resolve(folder, word);
      option = undefined;
    } else if (word.startsWith('-')) option = optionOf(command, word);
    else {
      option = undefined;
      const next = given.length === 0 ? subcommand(command, word) : undefined;
      if (next) command = next;
      else given.push(word);
    }
  }
  return { command, given, option: takesValue(option) ? option : undefined, cwd };
}

const plain = (words: readonly string[]): Candidate[] => words.map((word) => [word]);

/** Ids of what has one of these names, such as campaign. */
function idsOf(names: readonly string[], cwd: string): Candidate[] {
  const root = workspaceAbove(cwd);
  if (root === undefined) return [];
  return names.flatMap((name) => {
    const kind = kinds.get(name);
    return kind ? plain(idsAt(root, kind.pattern)) : [];
  });
}

/** What the name of a value or argument asks for, beyond names of entities. */
const ASKED: Readonly<Record<string, (line: Line) => Candidate[]>> = {
  dir: () => [':folders'],
  folder: () => [':folders'],
  files: () => [':files'],
  adapter: () => plain([...new Set([...Object.keys(channels), ...Object.keys(sources)])].sort()),
  entity: () => plain([...kinds.keys()]),
  pack: ({ cwd }) => idsOf(['policy'], cwd),
  packs: ({ cwd }) => idsOf(['policy'], cwd),
  from: ({ given, cwd }) => idsOf(given.slice(0, 1), cwd),
  'campaign-or-channel': ({ cwd }) => idsOf(['campaign', 'channel'], cwd),
  'campaign-or-halt': ({ cwd }) => idsOf(['campaign'], cwd),
};

const valuesOf = (name: string, line: Line): Candidate[] => ASKED[name]?.(line) ?? idsOf([name], line.cwd);

function optionValues(option: Option, line: Line): Candidate[] {
  if (option.argChoices) return plain(option.argChoices);
  const [, placeholder = ''] = /[<[]([\w-]+)/.exec(option.flags) ?? [];
  return valuesOf(placeholder === 'id' ? option.name() : placeholder, line);
}

function argumentValues(line: Line): Candidate[] {
  const known: readonly Argument[] = line.command.registeredArguments;
  const last = known.at(-1);
  const argument = known[line.given.length] ?? (last?.variadic ? last : undefined);
  if (!argument) return [];
  return argument.argChoices ? plain(argument.argChoices) : valuesOf(argument.name(), line);
}

const helpOf = (command: Command) => command.createHelp();

/** @param words  without the program's name, the last one being written; its folder is `folder` */
export function candidates(root: Command, words: readonly string[], folder: string): Candidate[] {
  const current = words.at(-1) === '=' ? '' : (words.at(-1) ?? '');
  const line = readLine(root, words.slice(0, -1), folder);
  const startsRight = (candidate: Candidate): boolean =>
    typeof candidate === 'string' || candidate[0].startsWith(current);
  if (line.option) return optionValues(line.option, line).filter(startsRight);
  const [, flag, start] = /^(--[\w-]+)=(.*)$/.exec(current) ?? [];
  const assigned = flag === undefined ? undefined : optionOf(line.command, flag);
  if (assigned) {
    return optionValues(assigned, line)
      .filter((candidate) => typeof candidate !== 'string' && candidate[0].startsWith(start ?? ''))
      .map((candidate): Candidate => [`${flag}=${candidate[0]}`]);
  }
  if (current.startsWith('-')) {
    return helpOf(line.command)
      .visibleOptions(line.command)
      .map(({ long, short, description }): Candidate => [long ?? short ?? '', description])
      .filter(startsRight);
  }
  const commands =
    line.given.length === 0
      ? helpOf(line.command)
          .visibleCommands(line.command)
          .map((command): Candidate => [command.name(), command.summary() || command.description()])
      : [];
  return [...commands, ...argumentValues(line)].filter(startsRight);
}

/** One line per candidate, with its description after a tab. */
export const showCandidates = (found: readonly Candidate[]): string =>
  found
    .map((candidate) => (typeof candidate === 'string' ? candidate : candidate.filter(Boolean).join('\t')))
    .map((line) => `${line.replaceAll('\n', ' ')}\n`)
    .join('');
