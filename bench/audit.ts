// The bench `audit`: what a proof costs, in bytes and in processor time, and 100,000 flips of its bits, none of which may pass.
import { writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  anchorOf,
  bufferSource,
  exportProof,
  readBlock,
  verifyProof,
  type Check,
} from '../edge-agent/src/audit/index.ts';
import { createArtefactSource } from '../edge-agent/src/job/index.ts';
import { mlp } from '../edge-agent/src/models/index.ts';
import { connectIdentity } from '../network/src/consortium/found-consortium.ts';
import type { Network } from '../network/src/index.ts';
import { distributeMnist } from '../network/src/start/distribute-data.ts';
import { runJob } from '../network/src/start/run-job.ts';
import { startMembers } from '../network/src/start/run-members.ts';
import { flipProof } from '../test/support/audit/flip-proof.ts';
import { auditPython, makeAuditPython } from '../test/support/audit/python.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { processorSeconds, rounded } from './statistics.ts';
import { withFolder, withNetwork } from './with-network.ts';

const ROUNDS = 10;
const FLIPS = 100_000;
const SEED = 1;
/** Small, so that most of a proof is ledger and not parameters; both are told apart below. */
const SIZES = [784, 8, 10];

interface MadeProof {
  readonly file: Buffer;
  readonly anchor: string;
  readonly blockBytes: number;
  readonly blocks: number;
}

async function makeProof(network: Network, rounds: number, folder: string, signal: AbortSignal): Promise<MadeProof> {
  const model = join(folder, 'tiny.onnx');
  await writeFile(model, mlp({ sizes: SIZES, seed: SEED }));
  await distributeMnist(network.plan.organisations, { partition: { name: 'iid' }, seed: SEED });
  await startMembers(network, () => undefined);
  const watcher = { onRound: (): void => undefined };
  const job = await runJob(network.plan, { name: 'audit', model, rounds, seed: SEED, watcher, signal });
  const [own] = network.plan.organisations;
  const made = job.rounds.at(-1)?.model;
  if (own === undefined || made === undefined) throw new Error('the job made no model');
  const { gateway } = await connectIdentity(own, 'auditor');
  try {
    const [first] = await Array.fromAsync(takeOne(gateway.blocks(0)));
    if (first === undefined) throw new Error('the ledger is empty');
    const anchor = { genesis: readBlock(first, 0).hash };
    const evidence = { blocks: () => gateway.blocks(0), artefacts: createArtefactSource(gateway) };
    const tell = (): void => undefined;
    const proof = await exportProof(evidence, {
      anchor,
      chaincode: network.chaincode,
      model: made,
      job: job.job,
      tell,
    });
    const { blockBytes, manifest } = proof;
    return {
      file: Buffer.concat([...proof.car()]),
      anchor: manifest.anchor,
      blockBytes,
      blocks: manifest.blocks.length,
    };
  } finally {
    await gateway.close();
  }
}

async function* takeOne<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const item of items) {
    yield item;
    return;
  }
}

/** A second implementation must believe the proof too. @throws where it does not */
function convincePython({ file, anchor }: MadeProof): Promise<void> {
  return withFolder('proof', async (folder) => {
    const path = join(folder, 'proof.car');
    await writeFile(path, file);
    const script = join(import.meta.dirname, '..', 'test', 'python', 'verify.py');
    execFileSync(auditPython() ?? makeAuditPython(), [script, path, '--anchor', anchor]);
  });
}

export async function run({ progress, signal, rounds = ROUNDS, cases = FLIPS }: BenchOptions): Promise<BenchResult> {
  const made = await withNetwork('audit', { progress, agentsPerOrganisation: 1 }, (network, folder) =>
    progress.step(`a job of ${rounds} rounds`, () => makeProof(network, rounds, folder, signal)),
  );
  const anchor = anchorOf(made.anchor);
  const checks: Check[] = [];
  const verify = (): Promise<unknown> =>
    verifyProof(bufferSource(made.file), { anchor, tell: (check) => checks.push(check) });
  await verify(); // once, so that code is compiled when it is measured
  const before = process.cpuUsage();
  await progress.step('verify', verify);
  const seconds = processorSeconds(before);
  await progress.step('python', () => convincePython(made));
  const flips = await progress.step(`${cases} flips`, () => flipProof(made.file, anchor, { flips: cases, seed: SEED }));
  const missed = flips.missed.length + flips.silent.length;
  if (missed > 0)
    throw new Error(`${missed} flips were missed: ${[...flips.missed, ...flips.silent].slice(0, 5).join('; ')}`);
  const perRound = (value: number): number => value / rounds;
  return {
    title: `A proof of ${rounds} rounds, 4 organisations with one agent each, a model of 6,370 parameters`,
    rows: [
      { what: 'verify, processor seconds', total: rounded(seconds, 2), 'a round': rounded(perRound(seconds), 3) },
      { what: 'proof, bytes', total: made.file.length, 'a round': rounded(perRound(made.file.length), 0) },
      { what: 'of these, blocks', total: made.blockBytes, 'a round': rounded(perRound(made.blockBytes), 0) },
      ...Object.entries(flips.byKind).map(([kind, tried]) => ({ what: `flips: ${kind}`, total: tried, 'a round': '' })),
      { what: 'flips missed', total: missed, 'a round': '' },
    ],
    figures: {
      rounds,
      blocks: made.blocks,
      proofBytes: made.file.length,
      blockBytes: made.blockBytes,
      verifyProcessorSeconds: seconds,
      flipsTried: flips.tried,
      flipsMissed: missed,
      flipsByKind: flips.byKind,
    },
  };
}
