// Models of four kinds, trained on data of four kinds over a real network by the commands a person types: rounds that all
// organisations attest, and a plain ONNX file at the end that is as good as they said.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lstm, mlp } from '../../edge-agent/src/models/index.ts';
import { decodeParameters } from '@muster/protocol';
import { answersOf } from '../support/job-answers.ts';
import { ModelJobs } from '../support/model-jobs.ts';
import { joinShared } from '../support/shared-network/shared-network.ts';
import { ALPHABET, WINDOW, writeCodes, writePrices, writeTextures, writeWords } from '../support/small-data.ts';
import { expectAccuracy, expectSound } from '../support/sound-jobs.ts';

/** Generous, for machines that do much else; a job takes seconds. */
const JOB_MS = 300_000;
const vectors = join(import.meta.dirname, '../vectors/gradients');

let folder: string;
let jobs: ModelJobs;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-models-'));
  jobs = new ModelJobs(await joinShared(), folder);
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  'a regression on CSV, by Adam with schedules and clipping: MAE, RMSE and R² are on the ledger',
  async () => {
    const outcome = await jobs.run({
      name: 'prices',
      model: mlp({ sizes: [4, 16, 1], seed: 1, shape: [4] }),
      write: writePrices,
      examples: 200,
      recipe: [
        ...['--loss', 'mean-squared-error', '--optimiser', 'adam', '--learning-rate', '0.01', '--clip-norm', '5'],
        ...[
          '--schedule',
          'cosine,warm-up:5',
          '--round-schedule',
          'exponential:0.9',
          '--epochs',
          '4',
          '--batch-size',
          '8',
        ],
      ],
      loss: 'mean-squared-error',
    });
    expectSound(outcome);
    const { scores, targets, examples } = await answersOf(outcome);
    const errors = Array.from(scores, (score, row) => score - targets[row]!);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / examples;
    const mae = mean(errors.map(Math.abs));
    const rmse = Math.sqrt(mean(errors.map((error) => error ** 2)));
    const attested = outcome.attested[1]!;
    if (!('r2Micro' in attested)) throw new TypeError('no regression');
    expect([attested.maeMicro / 1e6, attested.rmseMicro / 1e6]).toEqual([
      expect.closeTo(mae, 4),
      expect.closeTo(rmse, 4),
    ]);
    expect(attested.r2Micro).toBeGreaterThan(0);
  },
  JOB_MS,
);

test(
  'an embedding and an LSTM on text, whose agent goes on from its checkpoint after kill -9',
  async () => {
    const recipe = join(folder, 'recipe.json');
    // a checkpoint after every call of the session: there are many moments to be killed at
    await writeFile(recipe, JSON.stringify({ stepsPerRun: 5 }));
    const outcome = await jobs.run({
      name: 'words',
      model: lstm({ symbols: ALPHABET.length, window: WINDOW, width: 4, hidden: 12, seed: 1 }),
      write: writeWords,
      examples: 600,
      recipe: [
        '--recipe',
        recipe,
        '--optimiser',
        'rmsprop',
        '--learning-rate',
        '0.01',
        '--epochs',
        '2',
        '--batch-size',
        '4',
      ],
      loss: 'cross-entropy',
      interrupted: true,
    });
    expectSound(outcome);
    expect(outcome.log).toContain('training resumed from a checkpoint');
    await expectAccuracy(outcome);
  },
  JOB_MS,
);

test(
  'a residual net with BatchNormalization on PNGs: statistics have a rule of their own, variances stay variances',
  async () => {
    const outcome = await jobs.run({
      name: 'textures',
      model: await readFile(join(vectors, 'resnet-training.onnx')),
      write: writeTextures,
      examples: 96,
      recipe: ['--learning-rate', '0.1', '--epochs', '6', '--batch-size', '8'],
      loss: 'cross-entropy',
    });
    expectSound(outcome);
    const { tensors, nonNegative } = outcome.terms.state!;
    expect([tensors.length, nonNegative.length]).toEqual([14, 7]);
    const values = new Map(decodeParameters(outcome.parameters).map(({ name, data }) => [name, data]));
    for (const name of nonNegative) expect(Math.min(...values.get(name)!)).toBeGreaterThanOrEqual(0);
    await expectAccuracy(outcome);
  },
  JOB_MS,
);

test(
  'low-rank adapters and the head of an attentive net that PyTorch exported, on NPY',
  async () => {
    const outcome = await jobs.run({
      name: 'codes',
      model: await readFile(join(vectors, 'attentive-torchscript.onnx')),
      write: writeCodes,
      examples: 120,
      recipe: [
        ...['--lora-rank', '2', '--lora-alpha', '4', '--lora-targets', 'onnx::MatMul_*', '--trainable', 'head.*'],
        ...['--optimiser', 'adamw', '--learning-rate', '0.02', '--epochs', '3', '--batch-size', '8'],
      ],
      loss: 'cross-entropy',
    });
    expectSound(outcome, 4);
    const names = decodeParameters(outcome.parameters).map(({ name }) => name);
    expect(names.filter((name) => !/^head\.|\.lora_[AB]$/.test(name))).toEqual([]);
    expect(names).toHaveLength(2 + 2 * 4);
    await expectAccuracy(outcome);
  },
  JOB_MS,
);
