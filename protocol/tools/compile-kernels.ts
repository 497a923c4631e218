// Compiles kernels.wat into binary.ts.

import { readFile, writeFile } from 'node:fs/promises';
import wabt from 'wabt';

const folder = new URL('../src/aggregate/kernels/', import.meta.url);
const target = new URL('binary.ts', folder);

/** The text of binary.ts for the kernels as they stand. */
export async function compileKernels(): Promise<string> {
  const toolkit = await wabt();
  const parsed = toolkit.parseWat('kernels.wat', await readFile(new URL('kernels.wat', folder), 'utf8'), {
    simd: true,
  });
  parsed.validate();
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  const lines =
    Buffer.from(buffer)
      .toString('base64')
      .match(/.{1,112}/g) ?? [];
  const head = '// kernels.wat, compiled and in base64. Made by `npm run kernels`.\n\n';
  return `${head}export const KERNELS =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`;
}

if (import.meta.main) await writeFile(target, await compileKernels());
