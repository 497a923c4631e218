// Models of five kinds, trained on data of five kinds over a real network by the commands a person types: rounds that all
// organisations attest, and a plain ONNX file at the end that is as good as they said.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lstm, mlp } from '../../edge-agent/src/models/index.ts';
import { createTally } from '../../edge-agent/src/validator/tally.ts';
import type { Reputation, RoundView } from '@muster/edge-agent';
import { anchorOf, bufferSource, verifyProof } from '@muster/edge-agent/audit';
import { upNetwork, type Network } from '@muster/network';
import { decodeParameters, digestOf } from '@muster/protocol';
import { artefactsIn, flipArtefact } from '../support/audit/flip-proof.ts';
import { accuracyOf, answersOf } from '../support/job-answers.ts';
import { ModelJobs, type JobOutcome } from '../support/model-jobs.ts';
import { muster, musterJson } from '../support/muster.ts';
import {
  ALPHABET,
  signsWithLiar,
  WINDOW,
  writeCodes,
  writePrices,
  writeSigns,
  writeTextures,
  writeWords,
} from '../support/small-data.ts';

/** Generous, for machines that do much else; a job takes seconds. */
const JOB_MS = 300_000;
const vectors = join(import.meta.dirname, '../vectors/gradients');

let folder: string;
let network: Network;
let jobs: ModelJobs;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-models-'));
  const state = join(folder, 'network');
  network = await upNetwork({
    state,
    organisations: 4,
    agentsPerOrganisation: 1,
    basePort: 'free',
    owner: process.pid,
  });
  jobs = new ModelJobs(network, folder);
}, 240_000);

afterAll(async () => {
  await network.down({ purge: true });
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Two finalised rounds, one digest each from all four, a loss that falls, and a file that is what was attested. */
function expectSound({ rounds, start, attested, measured }: JobOutcome, digits = 5): void {
  for (const { round, attestations, updates } of rounds) {
    expect(round.phase).toBe('finalised');
    expect(updates).toHaveLength(4);
    expect(attestations.map(({ aggregate }) => aggregate.digest)).toEqual(Array(4).fill(round.model!.digest));
  }
  const losses = [start.loss, ...attested.map(({ lossMicro }) => lossMicro / 1e6)];
  expect(losses).toEqual([...losses].sort((a, b) => b - a));
  expect(new Set(losses).size).toBe(3);
  expect(measured.loss).toBeCloseTo(losses[2]!, digits);
}

/** ONNX Runtime alone finds the accuracy that was attested, but for an example whose scores round to a tie. */
async function expectAccuracy(outcome: JobOutcome): Promise<void> {
  const attested = outcome.attested[1]!;
  if (!('accuracyMicro' in attested)) throw new TypeError('no classifier');
  const found = accuracyOf(await answersOf(outcome));
  expect(Math.abs(attested.accuracyMicro / 1e6 - found)).toBeLessThanOrEqual(1 / attested.examples);
}

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

test(
  'several yes-or-no questions of one example, committed to before they are shown, aggregated by momentum along a robust rule, and audited',
  async () => {
    const outcome = await jobs.run({
      name: 'signs',
      model: mlp({ sizes: [4, 12, 3], seed: 1, shape: [4] }),
      write: writeSigns,
      examples: 160,
      recipe: [
        ...['--loss', 'binary-cross-entropy', '--learning-rate', '0.5', '--epochs', '4', '--batch-size', '8'],
        ...['--rule', 'fed-avg-m', '--rule-option', 'beta1=0.5', '--rule-option', 'of=trimmed-mean'],
        ...['--malicious', '25', '--before', 'nnm'],
        ...['--commit-window', '240000', '--attestation-commit-window', '240000'],
      ],
      loss: 'binary-cross-entropy',
    });
    expectSound(outcome);
    const { scores, targets } = await answersOf(outcome);
    const right = Array.from(scores, (score, index) => Number(score > 0 === (targets[index] === 1)));
    const attested = outcome.attested[1] as { accuracyMicro: number; recallMicro: readonly number[] };
    expect(attested.accuracyMicro / 1e6).toBeCloseTo(right.reduce((sum, each) => sum + each, 0) / right.length, 2);
    expect(attested.recallMicro).toHaveLength(3);
    const along = { name: 'trimmed-mean', options: { maliciousPercent: 25, before: ['nnm'] } };
    expect(outcome.terms.rule).toEqual({ name: 'fed-avg-m', options: { beta1: 0.5, of: along } });
    for (const { round } of outcome.rounds) expect(round.commitments).toMatchObject({ count: 4 });
    for (const { round } of outcome.rounds)
      expect(round).toMatchObject({ committedBy: round.attestedBy, dependent: [] });
    const [first, second] = outcome.rounds.map(({ round }) => round);
    expect(first!.carry).toEqual(second!.baseCarry);
    expect(second!.carry!.digest).not.toBe(first!.carry!.digest);
    const digest = outcome.rounds[1]!.round.model!.digest;
    expect(await muster('audit', 'verify', digest, '--state', network.plan.state)).toContain(digest);
  },
  JOB_MS,
);

test(
  'an agent whose labels are flipped, scored by all: its reputation falls below the others’, and the audit decides it again',
  async () => {
    const liar = 'marines/agent-1';
    const outcome = await jobs.run({
      name: 'flipped',
      model: mlp({ sizes: [4, 12, 3], seed: 1, shape: [4] }),
      write: signsWithLiar('marines agent'),
      examples: 160,
      recipe: [
        ...['--loss', 'binary-cross-entropy', '--learning-rate', '0.5', '--epochs', '4', '--batch-size', '8'],
        ...['--score', '--score-examples', '100', '--score-weight', '0.25'],
        // nobody sees another's scores before all have committed to theirs
        ...['--attestation-commit-window', '60000'],
      ],
      loss: 'binary-cross-entropy',
    });
    const as = ['--state', network.plan.state];
    const { reputations } = await musterJson<{ reputations: Reputation[] }>('reputation', outcome.job, ...as);
    expect(reputations.map(({ rounds }) => rounds)).toEqual([2, 2, 2, 2]);
    const [worst, ...others] = reputations.toReversed();
    expect(worst!.by).toBe(liar);
    expect(worst!.reputationMicro).toBeLessThan(0);
    expect(Math.min(...others.map(({ reputationMicro }) => reputationMicro))).toBeGreaterThan(0);
    const shown = await muster('job', 'scores', outcome.job, ...as);
    expect(shown).toContain(`round 2 of ${outcome.job}, scored by loss-difference`);
    // all four told of each agent, its own organisation's word too
    for (const { attestations } of outcome.rounds) {
      expect(attestations.map(({ scores }) => scores?.length)).toEqual([4, 4, 4, 4]);
      expect(attestations.map(({ independent }) => independent)).toEqual([true, true, true, true]);
    }
    const audited = await muster('audit', 'verify', outcome.rounds[1]!.round.model!.digest, ...as);
    expect(audited).toContain('in 8 of 8 attestations, by loss-difference');
    expect(audited).toContain('of 4 agents, moved by nothing but those scores');
  },
  JOB_MS,
);

test(
  'an agent that turns the honest mean round, beside a root update: what it sends moves nothing, and every root update is audited',
  async () => {
    const outcome = await jobs.run({
      name: 'trusted',
      model: mlp({ sizes: [4, 12, 3], seed: 1, shape: [4] }),
      write: writeSigns,
      examples: 160,
      rootExamples: 80,
      attack: 'sign-flip',
      recipe: [
        ...['--loss', 'binary-cross-entropy', '--learning-rate', '0.5', '--epochs', '4', '--batch-size', '8'],
        ...['--rule', 'fed-avg-m', '--rule-option', 'of=fltrust', '--rule-option', 'beta1=0.5'],
      ],
      loss: 'binary-cross-entropy',
    });
    expectSound(outcome);
    const digest = outcome.rounds[1]!.round.model!.digest;
    const proof = join(folder, 'trusted.car');
    const as = ['--state', network.plan.state];
    const told = await muster('audit', 'export', digest, '--out', proof, '--json', ...as);
    const { anchor } = JSON.parse(told.trim().split('\n').at(-1)!) as { anchor: string };
    expect(await muster('audit', 'verify', digest, ...as)).toMatch(
      /round 2 +4 updates, median of 4 root updates, 4 att/,
    );
    const file = await readFile(proof);
    const bytes = artefactsIn(file);
    const [first, second] = outcome.rounds as [RoundView, RoundView];
    // the model of the round is what the honest updates alone make
    const { round, updates, roots } = first;
    expect(new Set(roots!.map(({ update }) => update.digest)).size).toBe(1);
    const tally = createTally(outcome.terms, 1, { base: bytes(round.base.cid) });
    for (const root of roots!) tally.addRoot(root, bytes(root.update.cid));
    const liar = `${network.plan.organisations.at(-1)!.name}/agent-1`;
    const honest = updates.filter(({ by }) => by !== liar);
    expect(honest).toHaveLength(3);
    for (const update of honest) tally.add(update, bytes(update.update.cid));
    expect(digestOf(tally.finish().model)).toBe(round.model!.digest);
    tally.close();
    for (const [cid, record] of [
      [roots![0]!.update.cid, /root update of .* in round 1/],
      [second.roots![0]!.update.cid, /root update of .* in round 2/],
      [first.round.carry!.cid, /carry of the base of round 2/],
      [outcome.terms.root!.data.cid, /root data/],
    ] as const) {
      const source = bufferSource(flipArtefact(file, cid, 8 * bytes(cid).length - 3));
      await expect(verifyProof(source, { anchor: anchorOf(anchor), tell: () => undefined })).rejects.toMatchObject({
        code: 'ERR_AUDIT_FAILED',
        details: { record: expect.stringMatching(record) as unknown },
      });
    }
  },
  JOB_MS,
);
