/** HTML of our own with text of others in it: whatever is put into a template is escaped, unless it is markup itself. */
import { escapeMarkup } from '../site.ts';

export class Markup {
  readonly html: string;
  constructor(html: string) {
    this.html = html;
  }
}

export type Part = string | number | Markup | readonly Part[] | undefined;

function shown(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.html;
  if (typeof part === 'string' || typeof part === 'number') return escapeMarkup(String(part));
  return part.map(shown).join('');
}

export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(texts.map((text, index) => text + shown(parts[index])).join(''));

/** For what is made by this folder alone, such as a style sheet. */
export const trusted = (text: string): Markup => new Markup(text);
