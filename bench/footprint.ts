// The bench `footprint`: memory and disk of every kind of process of a network of four organisations, after a job.
import { join } from 'node:path';
import type { Network } from '../network/src/index.ts';
import { ordererFolder } from '../network/src/derive/orderer-config.ts';
import { peerFolder } from '../network/src/derive/peer-config.ts';
import type { OrganisationPlan } from '../network/src/derive/plan.ts';
import { agentFolder, distributeMnist } from '../network/src/start/distribute-data.ts';
import { runJob } from '../network/src/start/run-job.ts';
import { startMembers } from '../network/src/start/run-members.ts';
import type { NodeStatus } from '../network/src/supervise/node-spec.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { diskOf } from './footprint/disk.ts';
import { memoryOf, type Memory } from './footprint/memory.ts';
import { median, rounded } from './statistics.ts';
import { withNetwork } from './with-network.ts';

const ROUNDS = 5;
const SEED = 1;

interface Footprint extends Memory {
  readonly node: string;
  readonly kind: NodeStatus['kind'];
  /** MiB on disk */
  readonly disk: number;
}

/** Where a node keeps what it keeps; `node` is `<name>.<organisation>`. */
function folderOf({ name, kind }: NodeStatus, organisation: OrganisationPlan): string {
  switch (kind) {
    case 'ca':
      return organisation.caFolder;
    case 'orderer':
      return ordererFolder(organisation);
    case 'peer':
      return peerFolder(organisation);
    case 'agent':
      return agentFolder(organisation, name.split('.')[0] as string);
    case 'chaincode':
    case 'gateway':
    case 'validator':
      return join(organisation.folder, kind);
  }
}

async function footprints({ plan, supervisor }: Network): Promise<Footprint[]> {
  const nodes = await supervisor.status();
  const found = nodes.flatMap((node) => {
    const organisation = plan.organisations.find(({ name }) => name === node.name.split('.')[1]);
    const { pid } = node;
    return organisation === undefined || pid === undefined ? [] : [{ node, organisation, pid }];
  });
  return Promise.all(
    found.map(async ({ node, organisation, pid }) => ({
      node: node.name,
      kind: node.kind,
      ...(await memoryOf(pid)),
      disk: await diskOf(folderOf(node, organisation)),
    })),
  );
}

function rowsOf(all: readonly Footprint[]): Row[] {
  const kinds = [...Map.groupBy(all, ({ kind }) => kind)];
  const rows = kinds.map(([kind, nodes]): Row => {
    const middle = (of: keyof Memory | 'disk'): number => rounded(median(nodes.map((node) => node[of])), 1);
    return {
      process: kind,
      processes: nodes.length,
      'RSS MiB': middle('rss'),
      'PSS MiB': middle('pss'),
      'peak RSS MiB': middle('peak'),
      'disk MiB': middle('disk'),
    };
  });
  const sum = (of: keyof Memory | 'disk'): number =>
    rounded(
      all.reduce((total, node) => total + node[of], 0),
      0,
    );
  return [...rows, { process: 'all together', processes: all.length, 'PSS MiB': sum('pss'), 'disk MiB': sum('disk') }];
}

export async function run({ progress, signal, rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  return withNetwork('footprint', { progress }, async (network) => {
    const { plan } = network;
    await progress.step('data', () => distributeMnist(plan.organisations, { partition: { name: 'iid' }, seed: SEED }));
    await progress.step('validators and agents', () => startMembers(network, () => undefined));
    await progress.step('a job', (note) =>
      runJob(plan, {
        name: 'footprint',
        model: 'mlp',
        rounds,
        seed: SEED,
        recipe: {},
        watcher: { onRound: ({ round }) => note(`round ${round} of ${rounds}`) },
        signal,
      }),
    );
    const all = await footprints(network);
    return {
      title: `Memory and disk of each process, medians by kind: 4 organisations with 2 agents each, after ${rounds} rounds of the mlp on MNIST`,
      rows: rowsOf(all),
      figures: { unit: 'MiB', rounds, processes: all },
    };
  });
}
