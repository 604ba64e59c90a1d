/**
 * Workflow commands: lines of output that GitHub Actions acts on
 * (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
 */

export type AnnotationLevel = 'error' | 'warning' | 'notice';

const escapeData = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');

const escapeProperty = (text: string): string => escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

export function annotation(
  level: AnnotationLevel,
  properties: Readonly<Record<string, string | number | undefined>>,
  message: string,
): string {
  const given = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`],
  );
  return `::${level} ${given.join(',')}::${escapeData(message)}`;
}

/**
 * The same text, of which no line is a command any more. GitHub takes `::` for one after any white space, and the older
 * `##[` anywhere in a line.
 */
export const withoutCommands = (text: string): string =>
  text.replace(/(^|[\r\n])(\s*):(?=:)/g, '$1$2: ').replace(/##(?=\[)/g, '# #');

/** The same for JSON, whose lines never begin with a colon: it says the same as before. */
export const jsonWithoutCommands = (json: string): string => json.replace(/##\[/g, '#\\u0023[');

/**
 * A line for the file that GITHUB_OUTPUT names.
 *
 * @param delimiter  random, so that no value can end it
 */
export const outputOf = (name: string, value: string, delimiter: string): string =>
  `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
