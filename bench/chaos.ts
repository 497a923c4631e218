// The bench `chaos`: kill -9 at random instants, full and slow disks, one run after the other on one real network that trains and records all the
// time, and after each run an oracle that holds what clients were told against the ledger, and every gateway against both.

import { seededRandom } from '../edge-agent/src/train/index.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { Campaign, type Run } from './chaos/campaign.ts';
import { faults, type Fault } from './chaos/faults.ts';
import { putOnSmallDisks, type SmallDisks } from './chaos/small-disks.ts';
import { putToWork } from './chaos/working-network.ts';
import { canSlowDisk } from '../test/support/slow-disk.ts';
import { quantile, rounded } from './statistics.ts';
import { withNetwork } from './with-network.ts';

const RUNS = 1;
const SEED = 1;

function chosen(name: string | undefined): readonly Fault[] {
  const found = faults.filter((fault) => name === undefined || fault.name.startsWith(name));
  if (found.length === 0) {
    throw new TypeError(
      `--fault must be one of these, or how some of them begin: ${faults.map((fault) => fault.name).join('; ')}`,
    );
  }
  return found;
}

const times = (runs: readonly Run[], of: (run: Run) => number | undefined, share: number): number =>
  rounded(
    quantile(
      runs.map(of).filter((seconds) => seconds !== undefined),
      share,
    ),
    1,
  );

function rowOf(fault: string, runs: readonly Run[]): Row {
  const sum = (of: (run: Run) => number): number => runs.reduce((total, run) => total + of(run), 0);
  return {
    fault,
    runs: runs.length,
    lost: sum(({ lost }) => lost.length),
    doubled: sum(({ doubled }) => doubled.length),
    'false refusals': sum(({ falselyRefused }) => falselyRefused.length),
    'rows wrong': sum(({ wrongRows }) => wrongRows.length),
    'models wrong': sum(({ wrongModels }) => wrongModels.length),
    lies: sum(({ lies }) => lies.length),
    'not recovered': runs.filter(({ missing }) => missing.length > 0).length,
    'writes s p50': times(runs, ({ seconds }) => seconds.writes, 0.5),
    p95: times(runs, ({ seconds }) => seconds.writes, 0.95),
    max: times(runs, ({ seconds }) => seconds.writes, 1),
    'ready s p50': times(runs, ({ seconds }) => seconds.ready, 0.5),
    'p95 ': times(runs, ({ seconds }) => seconds.ready, 0.95),
    'max ': times(runs, ({ seconds }) => seconds.ready, 1),
    'round s p50': times(runs, ({ seconds }) => seconds.round, 0.5),
    'max  ': times(runs, ({ seconds }) => seconds.round, 1),
  };
}

function complaintsOf({ lost, doubled, falselyRefused, wrongRows, wrongModels, lies, missing }: Run): string[] {
  return [lost, doubled, falselyRefused, wrongRows, wrongModels, lies, missing].flat();
}

function lineOf(run: Run): string {
  const { writes = NaN, ready = NaN, round = NaN } = run.seconds;
  return [`writes ${writes} s, ready ${ready} s, round ${round} s`, ...complaintsOf(run)].join('; ');
}

function told(campaign: Campaign, runs: readonly Run[], seed: number): BenchResult {
  const kinds = [...Map.groupBy(runs, ({ fault }) => fault)];
  const { totals } = campaign;
  const complaints = runs.flatMap(complaintsOf);
  return {
    title:
      `Kill -9, full and slow disks on a network of 4 organisations at work: ${runs.length} runs, seed ${seed}; ` +
      `${totals.acknowledged} acknowledged statements, ${totals.blocks} blocks, ${totals.models} models recomputed, ` +
      `${totals.truths} answers on readiness checked`,
    rows: [...kinds.map(([fault, own]) => rowOf(fault, own)), rowOf('all', runs)],
    figures: { seed, ...totals, complaints, runs },
  };
}

const isPossible = ({ fills, slows }: Fault, disks: SmallDisks, canSlow: boolean): boolean =>
  slows === undefined ? fills === undefined || [...disks.keys()].some((node) => node.startsWith(`${fills}.`)) : canSlow;

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { progress, signal, runs: wanted = RUNS, seed = SEED, fault } = options;
  const selected = chosen(fault);
  return withNetwork('chaos', { progress, agentsPerOrganisation: 1 }, async (network, folder) => {
    const disks = await progress.step('small disks', () => putOnSmallDisks(network, selected));
    try {
      const canSlow = await canSlowDisk();
      const possible = selected.filter((each) => isPossible(each, disks, canSlow));
      const left = selected.filter((each) => !possible.includes(each)).map(({ name }) => name);
      if (left.length > 0)
        progress.tell(`  this user may not mount, or trace: no ${left.join(', ')}`, 'left-out', { left });
      const work = await putToWork(network, options, folder, seed);
      const campaign = await Campaign.begin(network, work, { folder, random: seededRandom('chaos', seed), disks });
      return await runAll(campaign, possible, { progress, signal, runs: wanted, seed });
    } finally {
      // the network goes down with its processes' files still open: the system lets go of the disks then
      for (const disk of disks.values()) disk.remove();
    }
  });
}

/** Every fault once, then every fault again, as often as is wanted. */
async function runAll(
  campaign: Campaign,
  possible: readonly Fault[],
  { progress, signal, runs: wanted, seed }: Pick<BenchOptions, 'progress' | 'signal'> & { runs: number; seed: number },
): Promise<BenchResult> {
  const runs: Run[] = [];
  try {
    const plan = Array.from({ length: wanted }, (_, turn) => possible.map((next) => ({ next, turn }))).flat();
    for (const { next, turn } of plan) {
      // what was run is told, whatever was still to come
      if (signal.aborted) break;
      const done = await progress.step(`${next.name}, ${turn + 1} of ${wanted}`, (note) => campaign.run(next, note));
      progress.tell(`  ${lineOf(done)}`, 'run', { ...done });
      runs.push(done);
    }
    await progress.step('the whole ledger once more', () => campaign.finish());
    return told(campaign, runs, seed);
  } finally {
    await campaign.end();
  }
}
