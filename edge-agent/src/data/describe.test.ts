// From a described data set to a trained model: what an agent does with data of its own.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mlp } from '../models/index.ts';
import { createTrainer, initialParameters, parseRecipe } from '../train/index.ts';
import { describeData } from './describe.ts';
import { originOf } from './origin.ts';

// A worker starts in a fraction of a second, but on a machine that is busy it may take many.
jest.setTimeout(60_000);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-describe-'));
  await writeFile(join(folder, 'song.txt'), 'row row row your boat, gently down the stream. '.repeat(20));
  const text = {
    v: 1,
    format: 'text',
    path: 'song.txt',
    alphabet: ' ,.abdeghlmnorstuwy',
    window: 6,
    encode: 'one-hot',
  };
  await writeFile(join(folder, 'data.json'), JSON.stringify(text));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a described data set', () => {
  test('is opened and trained on in the worker, to the same bits whether or not it fits in memory', async () => {
    const data = await originOf(folder, join(folder, 'scratch'));
    const { shape, examples, target } = await describeData(data);
    expect({ shape, examples, target }).toEqual({
      shape: [6, 19],
      examples: 934,
      target: { kind: 'class', classes: 19 },
    });
    const model = mlp({ sizes: [6 * 19, 32, 19], seed: 1, shape: [6, 19] });
    const parameters = new Map(initialParameters(model).map(({ name, data }) => [name, data]));
    const recipe = parseRecipe({
      v: 1,
      loss: 'cross-entropy',
      optimiser: { name: 'sgd', learningRate: 0.2, momentum: 0.9 },
      proximal: 0,
      epochs: 3,
      batchSize: 16,
      stepsPerRun: 5,
    });
    const results = [];
    for (const dataBytes of [undefined, 100_000]) {
      const trainer = await createTrainer({ model, recipe, ...(dataBytes === undefined ? {} : { dataBytes }) });
      const seedKey = { seed: 1, job: 'job', round: 1, agent: 'agent' };
      const trained = await trainer.train({ parameters, data, seedKey });
      expect((await trainer.evaluate({ parameters: trained.parameters, data })).loss).toBeLessThan(0.3);
      results.push([...trained.parameters]);
      await trainer.close();
    }
    expect(results[1]).toEqual(results[0]);
  });

  test('of another type than the model takes is refused', async () => {
    const codes = join(folder, 'codes.json');
    await writeFile(codes, JSON.stringify({ v: 1, format: 'text', path: 'song.txt', alphabet: ' ,.abdeghlmnorstuwy', window: 6 })); // prettier-ignore
    const model = mlp({ sizes: [6, 19], seed: 1, shape: [6] });
    const recipe = parseRecipe({ v: 1, loss: 'cross-entropy', optimiser: { name: 'sgd', learningRate: 0.2, momentum: 0 }, proximal: 0, epochs: 1, batchSize: 16, stepsPerRun: 5 }); // prettier-ignore
    const trainer = await createTrainer({ model, recipe });
    const parameters = new Map(initialParameters(model).map(({ name, data }) => [name, data]));
    const seedKey = { seed: 1, job: 'job', round: 1, agent: 'agent' };
    const act = trainer.train({ parameters, data: await originOf(codes), seedKey });
    await expect(act).rejects.toMatchObject({ code: 'ERR_DATA_MALFORMED', message: expect.stringContaining('examples are int64') as unknown }); // prettier-ignore
    await trainer.close();
  });
});
