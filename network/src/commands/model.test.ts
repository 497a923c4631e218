// muster model evaluate without a job: a file and data, no network; and the ways of asking for it that are refused.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mlp } from '../../../edge-agent/src/models/index.ts';
import { muster, musterJson } from '../../../test/support/muster.ts';
import { writePrices } from '../../../test/support/small-data.ts';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-model-'));
  model = join(folder, 'model.onnx');
  await writeFile(model, mlp({ sizes: [4, 3, 1], seed: 1, shape: [4] }));
  await writePrices(folder, 'evaluate', 40);
});
afterAll(() => rm(folder, { recursive: true }));

const evaluate = (...args: string[]): Promise<string> => muster('model', 'evaluate', ...args);

describe('muster model evaluate --model', () => {
  test('measures a file without a network, for people and for programs', async () => {
    const args = ['--model', model, '--data', folder, '--loss', 'huber:1'];
    expect(await evaluate(...args)).toMatch(/^examples +40\nloss +\d\.\d{6}\nMAE +\d\.\d{6}\nRMSE .*\nR² /);
    const told = await musterJson<{ kind: string; rmse: number }>('model', 'evaluate', ...args);
    expect(told).toMatchObject({ event: 'evaluated', kind: 'value', examples: 40 });
    expect(told.rmse).toBeGreaterThan(0);
  });

  test('refuses a loss that there is not, and a file that is not there', async () => {
    await expect(evaluate('--model', model, '--data', folder, '--loss', 'hinge')).rejects.toThrow(
      /ends in 2: muster: ERR_RECIPE_INVALID: .*loss/,
    );
    await expect(evaluate('--model', join(folder, 'none.onnx'), '--data', folder)).rejects.toThrow(
      /ERR_MODEL_MALFORMED: .*none\.onnx cannot be read/,
    );
  });

  test.each([
    [[], /<job>/],
    [['a1b2', '--model', 'model.onnx'], /--model/],
    [['a1b2', '--loss', 'huber:1'], /--loss/],
  ])('refuses %j and names what is wrong', async (args, named) => {
    const refused = evaluate(...args, '--data', folder);
    await expect(refused).rejects.toThrow(/ends in 2: muster: ERR_DOCUMENT_INVALID/);
    await expect(refused).rejects.toThrow(named);
  });
});
