// The kernels in WebAssembly are those whose text is in the repository, and have one result on every machine.

import { describe, expect, test } from '@jest/globals';
import { compileKernels } from '../../protocol/tools/compile-kernels.ts';
import { readText } from '../support/repository.ts';

const KERNELS = 'protocol/src/aggregate/kernels';

describe('the kernels', () => {
  test('are what their text compiles to', async () => {
    expect(readText(`${KERNELS}/binary.ts`)).toBe(await compileKernels());
  });

  test('use no instruction of relaxed SIMD, whose results are the machine’s to choose', () => {
    expect(readText(`${KERNELS}/kernels.wat`)).not.toMatch(/\brelaxed_/);
  });
});
