// An agent's examples in a format that takes decoding: read through at the start, and trained on without another reading.

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainOptions } from '../../../test/support/train-vectors.ts';
import { describeData, originOf } from '../data/index.ts';
import { mlp } from '../models/index.ts';
import { createTrainer, type TrainResult } from '../train/index.ts';
import { initialParameters } from '../train/graph/index.ts';
import { readShard } from './shard.ts';

const EXAMPLES = 30;
let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-shard-'));
  data = join(folder, 'data.json');
  const target = { kind: 'class', column: 'y', classes: 2 };
  await writeFile(data, JSON.stringify({ v: 1, format: 'csv', path: 'x.csv', features: ['a', 'b'], target }));
});
afterAll(() => rm(folder, { recursive: true }));

const file = (): string => join(folder, 'x.csv');

async function writeRows(): Promise<void> {
  const rows = Array.from({ length: EXAMPLES }, (_, i) => `${i / 10},${(i * 7) % 5},${i % 2}`);
  await writeFile(file(), ['a,b,y', ...rows, ''].join('\n'));
}

test('a CSV file is decoded once: what trains on it reads what was decoded then, to the same bits', async () => {
  const model = mlp({ sizes: [2, 4, 2], seed: 1 });
  const trainer = await createTrainer({ model, recipe: { ...plainOptions(8), v: 1, epochs: 2 } });
  const parameters = new Map(initialParameters(model).map(({ name, data: values }) => [name, values]));
  const train = (origin: Parameters<typeof readShard>[0]): Promise<TrainResult> =>
    trainer.train({ parameters, data: origin, seedKey: { seed: 1, job: 'j', round: 1, agent: 'a' } });
  await writeRows();
  const scratch = join(folder, 'scratch');
  const origin = await originOf(data, scratch);
  const { root, examples } = await describeData(origin);
  const fromFile = await train(origin);
  const shard = await readShard(origin);
  expect(shard.dataset).toEqual({ root, size: examples });
  await rm(file());
  expect((await train(shard.data)).parameters).toEqual(fromFile.parameters);
  // nothing of it has a name that would outlive the process
  expect(await readdir(scratch)).toEqual([]);
  await trainer.close();
  await shard.close();
});

test('a file that cannot be decoded is told of at the start', async () => {
  await writeFile(file(), 'a,b,y\n1,2,5\n');
  await expect(originOf(data).then(readShard)).rejects.toMatchObject({ code: 'ERR_DATA_MALFORMED' });
});
