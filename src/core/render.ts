import Handlebars from 'handlebars';

/** Data of a template: plain JSON that was prepared for it, and markup that our own code made. */
export type View = Readonly<Record<string, unknown>>;

const OPTIONS = { strict: true, knownHelpersOnly: true, preventIndent: true } as const;

// An instance of our own: nobody else's helpers or partials, and none of ours for anybody else.
const handlebars = Handlebars.create();

const compiled = new Map<string, HandlebarsTemplateDelegate>();

function compile(template: string, noEscape: boolean): HandlebarsTemplateDelegate {
  // A template that is not text would be run as a parsed program (CVE-2021-23369 and its kin).
  if (typeof template !== 'string') throw new TypeError('a template is text');
  const key = `${noEscape ? 'text' : 'html'}\0${template}`;
  const known = compiled.get(key);
  if (known) return known;
  const render = handlebars.compile(template, { ...OPTIONS, noEscape });
  compiled.set(key, render);
  return render;
}

/**
 * Markup that is inserted as it is. For what our own code has made, never for what somebody wrote; templates cannot do
 * it by themselves.
 */
export const markup = (html: string): unknown => new handlebars.SafeString(html);

/**
 * Renders an HTML template; every value is escaped.
 *
 * @throws Error when the template inserts a value unescaped, or names one that the view does not have
 */
export function renderHtml(template: string, view: View): string {
  if (/\{\{~?(?:\{|&)/.test(template)) throw new Error('an HTML template must not insert unescaped values: {{{ or {{&');
  return compile(template, false)(view);
}

/** Renders a template for plain text, style or script; nothing is escaped. */
export const renderText = (template: string, view: View): string => compile(template, true)(view);
