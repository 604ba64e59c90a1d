/** Templates and policy packs of the package, as a workspace of somebody else needs them. */
import { withSchemaLine } from './fill.ts';
import { packageFiles } from './package.ts';

/** @throws Error when it is not there: the templates of the package have changed, and what cuts them has to follow */
function cut(text: string, piece: RegExp): string {
  if (!piece.test(text)) throw new Error(`nothing in the template matches ${piece.source}`);
  return text.replace(piece, '');
}

/** The package markets itself: the first screen of its page draws the loop, which is no other brand's business. */
const WITHOUT_THE_LOOP: Readonly<Record<string, readonly RegExp[]>> = {
  'landing_page.hbs': [/<figure class="loop"[\s\S]*?<\/figure>\n/],
  'landing_page.css.hbs': [
    /(?:^\.loop.*\n)+/m,
    /\.loop\{font-size:[^}]*\}/,
    /(?<=,)\.loop,/,
    /(?<=\.hero\{)grid-template-columns:1fr 27rem;gap:4rem;/,
  ],
};

/** Repo path -> content. */
export const starterTemplates = (): Map<string, string> =>
  new Map(
    [...packageFiles('templates')]
      .filter(([path]) => path.endsWith('.hbs'))
      .map(([path, text]) => [`templates/${path}`, (WITHOUT_THE_LOOP[path] ?? []).reduce(cut, text)]),
  );

/** Repo path -> content, of the packs that the starter's campaign names. */
export const starterPacks = (ids: readonly string[]): Map<string, string> =>
  new Map(
    [...packageFiles('policies')]
      .filter(([name]) => ids.includes(name.replace(/\.yaml$/, '')))
      .map(([name, text]) => [`policies/${name}`, withSchemaLine(`policies/${name}`, text)]),
  );
