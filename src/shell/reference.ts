/** The reference page: commands from their own help, files from the manifest, jobs and plugins from their tables. */
import type { Command } from 'commander';
import { type EntityDoc, entityDocs } from '../generated/docs.ts';
import { jobs } from '../generated/jobs.ts';
import { assets, channels, engines, type Registered, type Registry, rules, sources } from '../generated/registry.ts';

const cell = (text: string): string => text.replaceAll('\n', ' ').replace(/(?<!\\)\|/g, '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

/** Everything that --help prints, at a fixed width. */
function helpOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({
    writeOut: (text) => parts.push(text),
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return parts.join('').trimEnd();
}

/** A group of commands is shown by what is in it. */
const leavesOf = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.filter((one) => one.name() !== 'help').flatMap(leavesOf);

const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();

const commandSection = (command: Command): string =>
  `### ${fullName(command)}\n\n${command.description()}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``;

const entitySection = ({ name, paths, owner, about, fields }: EntityDoc): string =>
  [
    `### ${name}`,
    about,
    `${paths.map((path) => `\`${path}\``).join(', ')}, written by ${owner === 'people' ? 'people' : 'the engine'}.`,
    table(
      ['field', 'type', 'required', 'about'],
      fields.map(({ place, type, required, about: what }) => [`\`${place}\``, type, required ? 'yes' : '', what]),
    ),
  ].join('\n\n');

const pluginRows = (registry: Registry<unknown>): string[][] =>
  Object.entries(registry).map(([id, { about, env = [], params }]: [string, Registered<unknown>]) => {
    const keys = Object.keys((params?.['properties'] ?? {}) as object);
    return [
      `\`${id}\``,
      about,
      keys.map((key) => `\`${key}\``).join(', '),
      env.map((name) => `\`${name}\``).join(', '),
    ];
  });

const pluginSection = (title: string, registry: Registry<unknown>): string =>
  `### ${title}\n\n${table(['id', 'about', 'params', 'environment'], pluginRows(registry))}`;

export function referencePage(program: Command): string {
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const jobRows = jobs.map(({ order, name, stage, scope, execution, writes, about }) => [
    String(order),
    `\`${name}\``,
    `\`mhub ${stage}\``,
    scope,
    execution,
    writes.map((path) => `\`${path}\``).join(', '),
    about,
  ]);
  const people = entityDocs.filter(({ owner }) => owner === 'people');
  const engine = entityDocs.filter(({ owner }) => owner === 'engine');
  return [
    '# Reference',
    'Made by `npm run gen` from the command line, `src/manifest.yaml` and the plugins. Do not edit.',
    '## Commands',
    `\`\`\`text\n${helpOf(program)}\n\`\`\``,
    ...commands.flatMap(leavesOf).map(commandSection),
    '## Jobs',
    table(['order', 'job', 'command', 'once per', 'execution', 'writes', 'about'], jobRows),
    '## Plugins',
    pluginSection('Copy engines', engines),
    pluginSection('Sources', sources),
    pluginSection('Asset kinds', assets),
    pluginSection('Rule types', rules),
    pluginSection('Channels', channels),
    '## Files that people write',
    ...people.map(entitySection),
    '## Files that the engine writes',
    ...engine.map(entitySection),
    '',
  ].join('\n\n');
}
