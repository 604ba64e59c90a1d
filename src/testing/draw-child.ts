/** Draws what a test hands it, in a process of its own, and prints the digest of each file: MHUB_CHILD says what. */
import type { Drawing } from '../core/contracts.ts';
import { sha256 } from '../core/hash.ts';
import { openDrawer } from '../shell/draw/index.ts';

export interface DrawOrder {
  readonly files: Readonly<Record<string, string>>;
  readonly drawings: readonly Drawing[];
}

const { files, drawings } = JSON.parse(process.env['MHUB_CHILD'] ?? '') as DrawOrder;
const drawer = openDrawer({ env: {} });
const drawn = await drawer.draw({ files: new Map(Object.entries(files)), drawings });
await drawer.close();
process.stdout.write(JSON.stringify(Object.fromEntries([...drawn].map(([name, content]) => [name, sha256(content)]))));
