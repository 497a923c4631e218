// Composing a job: artefacts, terms and their defaults.

import { decodeParameters, digestOf, termsSchema, verifyCid } from '@muster/protocol';
import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { syntheticShard } from '../../../test/support/rehearsal/rehearsal.ts';
import { composeJob, quorumOf, type JobOptions } from './compose.ts';
import { decodeRecipe, encodeRecipe, verifyTrainStep } from './recipe-document.ts';

const options = {
  name: 'mnist',
  model: 'mlp',
  organisations: ['navy', 'army', 'airforce', 'marines'],
  agents: 8,
  rounds: 3,
};

describe('a composed job', () => {
  test('has terms that the schema takes, with a quorum of n − f and organisations in order', async () => {
    const { terms } = await composeJob(options);
    expect(termsSchema.parse(terms)).toEqual(terms);
    expect(terms.organisations).toEqual(['airforce', 'army', 'marines', 'navy']);
    expect(terms.quorum).toEqual({ approvals: 3, attestations: 3 });
    expect(terms.participation).toEqual({ minimum: 6, complete: 8 });
  });

  test('needs no more updates than the honest can send, nor so few that its rule promises nothing', async () => {
    const minimumOf = async (agents: number, rule: JobOptions['rule']): Promise<number> =>
      (await composeJob({ ...options, agents, ...(rule && { rule }) })).terms.participation.minimum;
    const told = (name: string, maliciousPercent: number) => ({ name, options: { maliciousPercent } });
    expect(await minimumOf(40, told('median', 20))).toBe(27);
    expect(await minimumOf(40, told('median', 40))).toBe(24);
    expect(await minimumOf(40, { name: 'fed-adam', options: { of: told('median', 40) } })).toBe(24);
    // of 18 updates, 8 of them malicious, Krum promises nothing
    expect(await minimumOf(30, told('krum', 40))).toBe(19);
  });

  test('names its artefacts by content', async () => {
    const { terms, artefacts } = await composeJob(options);
    const [model, base, recipe] = artefacts as [Uint8Array, Uint8Array, Uint8Array];
    verifyCid(terms.model.cid, model);
    expect(terms.base.digest).toBe(digestOf(base));
    expect(decodeParameters(base).map(({ shape }) => shape)).toEqual([
      [784, 200],
      [200],
      [200, 200],
      [200],
      [200, 10],
      [10],
    ]);
    expect(() => verifyTrainStep(model, decodeRecipe(recipe), terms)).not.toThrow();
  });

  test('is the same again for the same options and another for another seed', async () => {
    const [first, again, other] = await Promise.all([
      composeJob(options),
      composeJob(options),
      composeJob({ ...options, seed: 2 }),
    ]);
    expect(again.terms).toEqual(first.terms);
    expect(other.terms.base.digest).not.toBe(first.terms.base.digest);
  });

  test('trains with a proximal term where the rule is fed-prox', async () => {
    const { artefacts } = await composeJob({ ...options, rule: { name: 'fed-prox', options: {} } });
    expect(decodeRecipe(artefacts[2] as Uint8Array).recipe.proximal).toBe(0.01);
  });

  test('has rule and recipe agree on control variates where the rule is scaffold', async () => {
    const rule = { name: 'scaffold', options: {} };
    const usual = await composeJob({ ...options, rule });
    const { recipe } = decodeRecipe(usual.artefacts[2] as Uint8Array);
    expect(recipe).toMatchObject({ control: 1, steps: 100 });
    expect(usual.terms.rule.options).toEqual({ rate: 10, agents: options.agents });
    const selection = { perMille: 250 };
    const named = { ...rule, options: { lr: 0.5, of: { name: 'median', options: {} } } };
    const own = { steps: 30, control: 0.9, optimiser: { learningRate: 0.05 } };
    const { terms } = await composeJob({ ...options, rule: named, recipe: own, selection });
    const robust = await composeJob({ ...options, rule: named, participation: { minimum: options.agents } });
    expect(decodeRecipe(robust.artefacts[2] as Uint8Array).recipe.control).toBe(0.5);
    expect(terms.rule.options).toEqual({ ...named.options, rate: 1.5, agents: 4 * options.agents });
  });

  test.each([
    [{ rule: { name: 'fed-avg', options: {} }, recipe: { control: 1, steps: 10 } }, 'control'],
    [{ rule: { name: 'scaffold', options: { rate: 3 } } }, 'steps × learning rate'],
  ])('is refused where rule and recipe are about different control variates: %j', async (wrong, field) => {
    await expect(composeJob({ ...options, ...wrong })).rejects.toMatchObject({
      code: 'ERR_RECIPE_MISMATCH',
      details: { field },
    });
  });

  test('is refused with scaffold and what its agents cannot do', async () => {
    const rule = { name: 'scaffold', options: {} };
    const refused = composeJob({ ...options, rule, recipe: { epochs: 3, optimiser: { momentum: 0.9 } } });
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_RECIPE_INVALID',
      details: { issues: [{ field: 'optimiser' }, { field: 'steps' }] },
    });
  });

  test('trains on root data for about as many steps as agents take', async () => {
    const { data: rootData } = await syntheticShard('root', 24, 28);
    const along = { name: 'fltrust', options: {} };
    const rule = { name: 'scaffold', options: { of: along } };
    const { terms } = await composeJob({ ...options, rule, rootData, recipe: { steps: 50 } });
    expect(terms.root?.epochs).toBe(17);
  });

  test('names root data by content and layout, and refuses those that its model does not take', async () => {
    const rule = { name: 'fltrust', options: {} };
    const { data: rootData } = await syntheticShard('root', 8, 28);
    const { terms, artefacts } = await composeJob({ ...options, rule, rootData, rootEpochs: 9 });
    expect(terms.root?.epochs).toBe(9);
    expect(terms.root?.layout).toMatchObject({ examples: 8, dtype: 'float32', target: { kind: 'class' } });
    expect(terms.root?.data.digest).toBe(digestOf(artefacts[3] as Uint8Array));
    const { data: small } = await syntheticShard('root', 8, 4);
    await expect(composeJob({ ...options, rule, rootData: small })).rejects.toMatchObject({
      code: 'ERR_DATA_MALFORMED',
    });
    await expect(composeJob({ ...options, rule })).rejects.toMatchObject({
      code: 'ERR_JOB_TERMS',
      details: { issues: [{ field: 'root', problem: 'is needed by fltrust' }] },
    });
  });

  test('has a rule of their own for running statistics, the mean or what the base has', async () => {
    const model = join(import.meta.dirname, '../../../test/vectors/gradients/resnet-training.onnx');
    const { terms, artefacts } = await composeJob({ ...options, model });
    const { rule, tensors, nonNegative } = terms.state!;
    expect(rule).toBe('mean');
    const names = decodeParameters(artefacts[1] as Uint8Array).map(({ name }) => name);
    expect(tensors).toEqual(names.filter((name) => name.includes('running_')).sort());
    expect(nonNegative).toEqual(tensors.filter((name) => name.endsWith('running_var')));
    expect(nonNegative.length).toBeGreaterThan(0);
    const kept = await composeJob({ ...options, model, state: 'keep' });
    expect(kept.terms.state).toEqual({ ...terms.state, rule: 'keep' });
    // frozen statistics are no part of what rounds change
    const frozen = await composeJob({ ...options, model, recipe: { trainable: ['*.weight'] } });
    expect(frozen.terms.state).toBeUndefined();
    // variances change by more than weights do
    expect([terms.fixedPoint, frozen.terms.fixedPoint]).toEqual([
      { fractionBits: 20, magnitudeBits: 30 },
      { fractionBits: 24, magnitudeBits: 28 },
    ]);
  });

  test('is refused where its terms contradict each other', async () => {
    const job = composeJob({ ...options, quorum: { attestations: 2 } });
    await expect(job).rejects.toMatchObject({ code: 'ERR_JOB_TERMS' });
  });
});

test('m is n − f for n >= 3f + 1', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 10].map(quorumOf)).toEqual([1, 2, 3, 3, 4, 5, 5, 7]);
});

describe('a recipe', () => {
  test('whose train step is not the one derived is not run', async () => {
    const { terms, artefacts } = await composeJob(options);
    const document = decodeRecipe(artefacts[2] as Uint8Array);
    const trainStep = { ...document.trainStep, digest: `sha256:${'0'.repeat(64)}` };
    const verify = (): void => verifyTrainStep(artefacts[0] as Uint8Array, { ...document, trainStep }, terms);
    expect(verify).toThrow(expect.objectContaining({ code: 'ERR_RECIPE_MISMATCH' }));
  });

  test('for another model than the terms name is not run', async () => {
    const { terms, artefacts } = await composeJob(options);
    const document = decodeRecipe(artefacts[2] as Uint8Array);
    const verify = (): void =>
      verifyTrainStep(artefacts[0] as Uint8Array, { ...document, model: terms.base.cid }, terms);
    expect(verify).toThrow(expect.objectContaining({ code: 'ERR_RECIPE_MISMATCH' }));
  });

  test('is read back as it was written', async () => {
    const { artefacts } = await composeJob(options);
    const bytes = artefacts[2] as Uint8Array;
    expect(Buffer.from(encodeRecipe(decodeRecipe(bytes)))).toEqual(Buffer.from(bytes));
  });

  test('that is not JSON is refused', () => {
    expect(() => decodeRecipe(Uint8Array.of(123))).toThrow(expect.objectContaining({ code: 'ERR_DOCUMENT_INVALID' }));
  });
});
