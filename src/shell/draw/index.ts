/** Draws files of assets from other files of theirs. Heavy libraries are loaded with the first drawing that needs them. */
import type { Drawing, EffectOf, Files } from '../../core/contracts.ts';
import { sha256 } from '../../core/hash.ts';
import type { Environment } from '../observe/chromium.ts';

export interface Drawer {
  /**
   * @returns  what was drawn, by file name; nothing of what the kind has not rendered for this asset
   * @throws Blocked when what draws is not there, such as a browser
   */
  draw(question: Pick<EffectOf<'draw'>, 'files' | 'drawings'>): Promise<Files>;
  close(): Promise<void>;
}

/** Draws one file: the same text gives the same picture on every machine, whatever fonts it has. */
export interface Pen {
  draw(source: string): Promise<string | Uint8Array>;
  close(): Promise<void>;
}

type Pens = Readonly<Record<Drawing['as'], (env: Environment) => Promise<Pen>>>;

const PENS: Pens = {
  html: async () => (await import('./mjml.ts')).openMjmlPen(),
  png: async () => (await import('./png.ts')).openPngPen(),
  pdf: async (env) => (await import('./pdf.ts')).openPdfPen(env),
};

export const openDrawer = ({ env }: { readonly env: Environment }): Drawer => drawerWith(PENS, env);

function drawerWith(pens: Pens, env: Environment): Drawer {
  const opened = new Map<Drawing['as'], Promise<Pen>>();
  const penFor = (as: Drawing['as']): Promise<Pen> => {
    const pen = opened.get(as) ?? pens[as](env);
    opened.set(as, pen);
    return pen;
  };
  return {
    async draw({ files, drawings }) {
      const drawn = new Map<string, string | Uint8Array>();
      for (const { as, from, to } of drawings) {
        const source = files.get(from);
        if (source === undefined) continue;
        if (typeof source !== 'string') throw new RangeError(`${from} is not a text that ${to} can be drawn from`);
        drawn.set(to, await (await penFor(as)).draw(source));
      }
      return drawn;
    },
    async close() {
      // Whoever drew has heard of a pen that could not be opened.
      const pens = await Promise.allSettled(opened.values());
      for (const pen of pens) if (pen.status === 'fulfilled') await pen.value.close();
    },
  };
}

/** No UTF-8 begins like this: what is drawn stays bytes. */
const NO_TEXT = 0x89;

const openStandIn = async (): Promise<Pen> => ({
  draw: (source) => Promise.resolve(Uint8Array.of(NO_TEXT, ...Buffer.from(sha256(source), 'hex'))),
  close: () => Promise.resolve(),
});

/** For simulations: pictures and paper are digests of what they would be drawn from, which takes no time. */
export const simulatedDrawer = (env: Environment): Drawer =>
  drawerWith({ ...PENS, png: openStandIn, pdf: openStandIn }, env);
