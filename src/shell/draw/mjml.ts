/** MJML as HTML, by mrml: WebAssembly without dependencies, and without a way to files or the network. */
import { Blocked } from '../../core/errors.ts';
import type { Pen } from './index.ts';
import { packageFile } from './package-file.ts';

/** What goes around the body. As an article it would stand outside of every landmark. */
const asMain = (html: string): string =>
  html.replace(/ aria-roledescription="email"([^<>]*) role="article"/, '$1 role="main"');

/** Elements that are not MJML pass through as they are. */
const unknownIn = (html: string): string | undefined => /<(mj-[\w-]+)/.exec(html)?.[1];

const unusable = (why: string): Blocked => new Blocked('MJML', ['templates'], `mend the MJML template: ${why}`);

export async function openMjmlPen(): Promise<Pen> {
  const [{ initSync, Engine }, module] = await Promise.all([import('mrml/web/mrml_wasm.js'), packageFile('mrml')]);
  initSync({ module });
  const engine = new Engine();
  // Without names of fonts, none is fetched.
  engine.setRenderOptions({ disableComments: false, socialIconOrigin: null, fonts: {} });
  return {
    async draw(source) {
      const result = engine.toHtml(source);
      if (result.type === 'error') throw unusable(result.message);
      const unknown = unknownIn(result.content);
      if (unknown !== undefined) throw unusable(`<${unknown}> means nothing where it stands`);
      return `${asMain(result.content)}\n`;
    },
    async close() {
      engine.free();
    },
  };
}
