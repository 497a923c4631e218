// The files to aggregate: a base model and updates as agents upload them, of the cnn of McMahan et al. 2017 (1,663,370 parameters).

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cidOf, digestOf, encodeTensors, type Artefact, type Terms } from '@muster/protocol';
import { seededRandom } from '../../edge-agent/src/train/index.ts';

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'conv1.weight': [32, 1, 5, 5],
  'conv1.bias': [32],
  'conv2.weight': [64, 32, 5, 5],
  'conv2.bias': [64],
  'fc1.weight': [512, 3136],
  'fc1.bias': [512],
  'fc2.weight': [10, 512],
  'fc2.bias': [10],
};
/** Changes are below this: what a learning rate of 0.1 moves in an epoch, with 24 fraction bits. */
const MAGNITUDE_BITS = 22;

/** What `job.json` says. */
export interface AggregateJob extends Pick<Terms, 'rule' | 'fixedPoint'> {
  readonly updates: readonly {
    readonly file: string;
    readonly by: string;
    readonly examples: number;
    readonly update: Artefact;
  }[];
}

export const PARAMETERS = Object.values(SHAPES).reduce((sum, shape) => sum + sizeOf(shape), 0);

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Writes `base.safetensors`, `update-<n>.safetensors` and `job.json`. */
export async function writeFiles(folder: string, updates: number, note: (text: string) => void): Promise<void> {
  const random = seededRandom('bench', 'aggregate');
  const tensors = (make: (size: number) => Float32Array | Int32Array): Uint8Array =>
    encodeTensors(Object.entries(SHAPES).map(([name, shape]) => ({ name, shape, data: make(sizeOf(shape)) })));
  const change = (): number => (random.word() >>> (32 - MAGNITUDE_BITS - 1)) - 2 ** MAGNITUDE_BITS;
  await writeFile(
    join(folder, 'base.safetensors'),
    tensors((size) => Float32Array.from({ length: size }, () => random.word() / 2 ** 32 - 0.5)),
  );
  const records: AggregateJob['updates'][number][] = [];
  for (let i = 0; i < updates; i++) {
    const bytes = tensors((size) => {
      const data = new Int32Array(size);
      for (let at = 0; at < size; at++) data[at] = change();
      return data;
    });
    const file = `update-${i}.safetensors`;
    await writeFile(join(folder, file), bytes);
    const update = { cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length };
    records.push({ file, by: `army/agent-${i}`, examples: 500 + i, update });
    if (i % 20 === 19) note(`${i + 1} written`);
  }
  const fixedPoint = { fractionBits: 24, magnitudeBits: 28 };
  const job: AggregateJob = { rule: { name: 'fed-avg', options: {} }, fixedPoint, updates: records };
  await writeFile(join(folder, 'job.json'), JSON.stringify(job));
}
