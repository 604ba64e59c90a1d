/** Draws files of assets from other files of theirs. Heavy libraries are loaded with the first drawing that needs them. */
import type { Drawing, EffectOf, Files } from '../../core/contracts.ts';
import type { Environment } from '../observe/chromium.ts';

export interface Drawer {
  /**
   * @returns  what was drawn, by file name
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

const PENS: Readonly<Partial<Record<Drawing['as'], (env: Environment) => Promise<Pen>>>> = {};

export function openDrawer({ env }: { readonly env: Environment }): Drawer {
  const pens = new Map<Drawing['as'], Promise<Pen>>();
  const penFor = (as: Drawing['as']): Promise<Pen> => {
    const open = PENS[as];
    if (!open) throw new RangeError(`nothing draws ${as}`);
    const pen = pens.get(as) ?? open(env);
    pens.set(as, pen);
    return pen;
  };
  return {
    async draw({ files, drawings }) {
      const drawn = new Map<string, string | Uint8Array>();
      for (const { as, from, to } of drawings) {
        const source = files.get(from);
        if (typeof source !== 'string') throw new RangeError(`${from} is not a text that ${to} can be drawn from`);
        drawn.set(to, await (await penFor(as)).draw(source));
      }
      return drawn;
    },
    async close() {
      for (const pen of pens.values()) await (await pen).close();
    },
  };
}
