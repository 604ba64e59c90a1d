import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** Files of packages that pens need. The build reads these names here and puts the files beside its chunks. */
const FILES = {
  mrml: 'mrml/web/mrml_wasm_bg.wasm',
  resvg: '@resvg/resvg-wasm/index_bg.wasm',
  regular: '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  bold: '@expo-google-fonts/inter/700Bold/Inter_700Bold.ttf',
} as const;

export type PackageFile = keyof typeof FILES;

const { resolve } = createRequire(import.meta.url);

export const packageFile = (name: PackageFile): Promise<Buffer<ArrayBuffer>> => readFile(resolve(FILES[name]));
