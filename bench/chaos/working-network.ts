// A network at work: members that train a small job all the time, and clients that state updates and votes. What faults strike
// and what a soak watches.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobOptions } from '@muster/edge-agent';
import type { Network } from '@muster/network';
import { mlp } from '../../edge-agent/src/models/index.ts';
import { distributeMnist } from '../../network/src/start/distribute-data.ts';
import { startMembers } from '../../network/src/start/run-members.ts';
import type { BenchOptions } from '../bench.ts';
import { enrolAgents } from '../ledger/agents.ts';
import { Receipts } from './receipts.ts';
import { Writers } from './writer.ts';

const LOAD_AGENTS = 24;
const EXAMPLES = 200;
/** MNIST's shape, few weights: this is about processes, not about arithmetic. */
const SIZES = [784, 4, 10];
const TRAINED: Partial<JobOptions> = {
  rounds: 100_000,
  participation: { minimum: 2, complete: 4 },
  windows: { updatesMs: 20_000, attestationsMs: 30_000 },
  // what a killed validator has sealed must be what it shows
  commitments: { attestationsMs: 10_000 },
  limits: { abandoned: 1000 },
};

/** What is at work. */
export interface Work {
  readonly receipts: Receipts;
  readonly writers: Writers;
  /** the job that is trained all the time */
  readonly job: string;
}

/** Starts the members of a network of four organisations with one agent each, and opens the job; the writers do not write yet. */
export async function putToWork(
  network: Network,
  { progress }: Pick<BenchOptions, 'progress'>,
  state: string,
  seed: number,
): Promise<Work> {
  const { organisations } = network.plan;
  await progress.step('data', () =>
    distributeMnist(organisations, { partition: { name: 'iid' }, seed, most: EXAMPLES }),
  );
  await progress.step('validators and agents', () => startMembers(network, () => undefined));
  const agents = await progress.step(`${organisations.length * LOAD_AGENTS} agents enrol`, (note) =>
    enrolAgents(network, LOAD_AGENTS, join(state, 'load'), note),
  );
  const model = join(state, 'model.onnx');
  await writeFile(model, mlp({ sizes: SIZES, seed }));
  const members = organisations.length;
  const job: JobOptions = {
    name: 'written',
    model,
    organisations: organisations.map(({ name }) => name),
    agents: agents.length + members,
    rounds: 1,
  };
  const receipts = new Receipts();
  const writers = await Writers.connect(network, agents, receipts, { ...job, windows: { updatesMs: 60 * 60 * 1000 } });
  const trained = await writers.openJob({ ...job, ...TRAINED, name: 'trained', agents: members });
  return { receipts, writers, job: trained.job };
}
