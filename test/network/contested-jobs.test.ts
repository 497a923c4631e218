// Jobs among members who lie, copy or wait for others, over a real network by the commands a person types: robust rules, root
// data, commitments and scores, with every bit of what they record audited.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mlp } from '../../edge-agent/src/models/index.ts';
import { createTally } from '../../edge-agent/src/validator/tally.ts';
import type { Reputation, RoundView } from '@muster/edge-agent';
import { anchorOf, bufferSource, verifyProof } from '@muster/edge-agent/audit';
import type { Network } from '@muster/network';
import { digestOf } from '@muster/protocol';
import { artefactsIn, flipArtefact, flipProof } from '../support/audit/flip-proof.ts';
import { answersOf } from '../support/job-answers.ts';
import { ModelJobs } from '../support/model-jobs.ts';
import { muster, musterJson } from '../support/muster.ts';
import { joinShared } from '../support/shared-network/shared-network.ts';
import { signsWithLiar, writeSigns } from '../support/small-data.ts';
import { expectSound } from '../support/sound-jobs.ts';

/** Generous, for machines that do much else; a job takes seconds. */
const JOB_MS = 300_000;

let folder: string;
let network: Network;
let jobs: ModelJobs;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-contested-'));
  network = await joinShared();
  jobs = new ModelJobs(network, folder);
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

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
  'control variates along a robust rule: three rounds of one digest each, each trained by what the one before carried, and audited',
  async () => {
    const outcome = await jobs.run({
      name: 'controlled',
      model: mlp({ sizes: [4, 12, 3], seed: 1, shape: [4] }),
      write: writeSigns,
      examples: 160,
      rounds: 3,
      recipe: [
        ...['--loss', 'binary-cross-entropy', '--learning-rate', '0.5', '--steps', '60', '--batch-size', '8'],
        ...['--rule', 'scaffold', '--rule-option', 'of=trimmed-mean', '--malicious', '25', '--control', '0.9'],
      ],
      loss: 'binary-cross-entropy',
    });
    expectSound(outcome);
    const along = { name: 'trimmed-mean', options: { maliciousPercent: 25 } };
    expect(outcome.terms.rule).toEqual({ name: 'scaffold', options: { rate: 30, agents: 4, of: along } });
    const [first, second, third] = outcome.rounds.map(({ round }) => round);
    expect([second!.baseCarry, third!.baseCarry]).toEqual([first!.carry, second!.carry]);
    expect(new Set([first, second, third].map((round) => round!.carry!.digest)).size).toBe(3);
    const digest = third!.model!.digest;
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
        ...['--score', '--score-examples', '40', '--attestation-commit-window', '240000'],
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
    // and any other bit of all that such a job records
    const { missed, silent, byKind } = await flipProof(file, anchorOf(anchor), { flips: 400, seed: 1 });
    expect({ missed, silent }).toEqual({ missed: [], silent: [] });
    const acts = ['round.update', 'round.root', 'round.commit', 'round.attest', 'round.finalise'];
    const kinds = [
      ...acts.map((act) => `block with ${act}`),
      'carry',
      'root update',
      'root data',
      'attestation',
      'scores',
    ];
    expect(Object.keys(byKind)).toEqual(expect.arrayContaining(kinds));
  },
  JOB_MS,
);
