#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

const main = new URL('../dist/main.js', import.meta.url);

// From Node 22.8 on; keeps the compiled bundle between starts.
module.enableCompileCache?.();

try {
  await import(main.href);
} catch (error) {
  if (existsSync(main)) throw error;
  console.error('BLOCKED mhub: it is not built yet; run: npm ci && npm run build');
  process.exitCode = 2;
}
