/** SVG as PNG, by resvg as WebAssembly: the same pixels on every machine, in fonts that mhub brings along. */
import { Blocked } from '../../core/errors.ts';
import type { Pen } from './index.ts';
import { packageFile } from './package-file.ts';

async function loadResvg() {
  const [{ initWasm, Resvg }, wasm] = await Promise.all([import('@resvg/resvg-wasm'), packageFile('resvg')]);
  await initWasm(wasm);
  return Resvg;
}

/** It refuses to be set up twice in one process. */
let loading: ReturnType<typeof loadResvg> | undefined;

export async function openPngPen(): Promise<Pen> {
  loading ??= loadResvg();
  const [Resvg, ...fontBuffers] = await Promise.all([loading, packageFile('regular'), packageFile('bold')]);
  return {
    async draw(source) {
      let drawing: InstanceType<typeof Resvg>;
      try {
        drawing = new Resvg(source, { font: { fontBuffers, defaultFontFamily: 'Inter' } });
      } catch (error) {
        throw new Blocked(
          'SVG',
          ['templates'],
          `mend the SVG template: ${error instanceof Error ? error.message : error}`,
        );
      }
      const image = drawing.render();
      const png = image.asPng();
      image.free();
      drawing.free();
      return png;
    },
    close: () => Promise.resolve(),
  };
}
