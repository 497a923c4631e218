// Recipe options: what they make together with a file, and what of them is refused.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { composeJob } from '@muster/edge-agent';
import { Command } from 'commander';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejection } from '../../../test/support/refusal.ts';
import { parseCurve, recipeOf, type RecipeOptions, withRecipe } from './recipe-options.ts';

const optionsOf = (...args: string[]): RecipeOptions =>
  withRecipe(new Command().exitOverride().configureOutput({ writeErr: () => undefined }))
    .parse(args, { from: 'user' })
    .opts();

/** The recipe as a job would hold it. */
async function composed(...args: string[]): Promise<Record<string, unknown>> {
  const recipe = await recipeOf(optionsOf(...args));
  const job = { name: 'job', model: 'mlp', organisations: ['army'], agents: 1, rounds: 1, recipe };
  const { artefacts } = await composeJob(job);
  return JSON.parse(Buffer.from(artefacts[2]!).toString('utf8')) as Record<string, unknown>;
}

describe('recipe options', () => {
  let folder: string;
  const file = async (content: unknown): Promise<string> => {
    const path = join(folder, 'recipe.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-recipe-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('without any, a job trains by plain SGD', async () => {
    expect(await recipeOf(optionsOf())).toEqual({});
    expect(await composed()).toMatchObject({ optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0 } });
  });

  test('every option arrives where it belongs', async () => {
    const recipe = await composed(
      ...[
        '--loss',
        'cross-entropy',
        '--optimiser',
        'adamw',
        '--weight-decay',
        '0.02',
        '--clip-norm',
        '1',
        '--epochs',
        '2',
      ],
      ...['--schedule', 'cosine,warm-up:10', '--round-schedule', 'step:5:0.5', '--trainable', 'dense3.*'],
      ...['--lora-targets', 'dense1.weight', 'dense2.*ght', '--lora-rank', '4'],
    );
    expect(recipe).toMatchObject({
      loss: 'cross-entropy',
      optimiser: { name: 'adamw', learningRate: 0.001, beta1: 0.9, weightDecay: 0.02 },
      clip: { norm: 1 },
      epochs: 2,
      schedule: { step: { name: 'cosine', floor: 0, warmUp: 10 }, round: { name: 'step', every: 5, factor: 0.5 } },
      trainable: ['dense3.*'],
      lora: { rank: 4, alpha: 4, targets: ['dense1.weight', 'dense2.*ght'] },
    });
  });

  test('options go over the file, and another optimiser takes nothing of the file’s', async () => {
    const recipe = await file({
      optimiser: { name: 'sgd', learningRate: 0.5, momentum: 0.9 },
      batchSize: 32,
      clip: { value: 1 },
    });
    expect(await composed('--recipe', recipe, '--learning-rate', '0.2', '--clip-norm', '2')).toMatchObject({
      optimiser: { name: 'sgd', learningRate: 0.2, momentum: 0.9 },
      batchSize: 32,
      clip: { value: 1, norm: 2 },
    });
    expect(await composed('--recipe', recipe, '--optimiser', 'adam')).toMatchObject({
      optimiser: { name: 'adam', learningRate: 0.001 },
    });
    expect(await recipeOf(optionsOf('--loss', 'huber:0.5'))).toEqual({ loss: { name: 'huber', delta: 0.5 } });
  });

  test('what is told of epochs or steps takes the place of either in the file', async () => {
    const [epochs, steps] = [await file({ epochs: 3 }), await file({ steps: 30 })];
    expect(await recipeOf(optionsOf('--recipe', epochs, '--steps', '40'))).toEqual({ steps: 40 });
    expect(await recipeOf(optionsOf('--recipe', steps, '--epochs', '4'))).toEqual({ epochs: 4 });
    expect(await recipeOf(optionsOf('--recipe', steps, '--control', '0.9'))).toEqual({ steps: 30, control: 0.9 });
  });

  test('bad fields are named, wherever they come from', async () => {
    const fieldsOf = async (...args: string[]): Promise<string[]> => {
      const error = await rejection(composed(...args));
      if (error.code !== 'ERR_RECIPE_INVALID') throw error;
      return error.details.issues.map(({ field }) => field).sort();
    };
    expect(await fieldsOf('--optimiser', 'lion')).toEqual(['optimiser.name']);
    expect(await fieldsOf('--weight-decay', '-1', '--trainable', '')).toEqual(['optimiser.weightDecay', 'trainable.0']);
    expect(await fieldsOf('--trainable', 'head.*')).toEqual(['trainable.0']);
    expect(await fieldsOf('--round-schedule', 'cosine')).toEqual(['schedule.round.length']);
    expect(await fieldsOf('--recipe', await file({ rate: 1 }))).toEqual(['(recipe)']);
    for (const content of ['[]', '{', 'null']) {
      const error = await rejection(composed('--recipe', await file(content)));
      expect(error.code).toBe('ERR_DOCUMENT_INVALID');
    }
    expect((await rejection(composed('--recipe', join(folder, 'absent')))).code).toBe('ERR_DOCUMENT_INVALID');
  });

  test('a model that cannot be read is refused by its path', async () => {
    const job = { name: 'job', model: join(folder, 'no.onnx'), organisations: ['army'], agents: 1, rounds: 1 };
    expect((await rejection(composeJob(job))).code).toBe('ERR_MODEL_MALFORMED');
  });

  test.each(['sine', 'step:1:2:3', 'cosine:x', 'constant,cool-down:3', 'toString'])('refuses the curve %s', (text) => {
    expect(() => parseCurve(text)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
  });
});
