// muster data: gives agents and validators MNIST, where a coalition would have data of its own.
import { parsePartition } from '@muster/edge-agent';
import type { Command } from 'commander';
import { chooseFace, createProgress } from '../progress.ts';
import { distributeMnist } from '../start/distribute-data.ts';
import { startDefaults } from '../start/options.ts';
import { madePlan } from './member-options.ts';
import { parseCount, type StateOptions, withState } from './network-options.ts';

interface DataOptions extends StateOptions {
  readonly partition: string;
  readonly seed: number;
}

export function register(program: Command): void {
  withState(program.command('data'))
    .description('divide MNIST: 60,000 examples over the agents, 10,000 as hold-outs over the validators')
    .option('--partition <kind>', 'iid, shards or dirichlet:<alpha>', startDefaults.partition)
    .option('--seed <n>', 'equal seeds divide equally', parseCount, Number(startDefaults.seed))
    .action(divide);
}

async function divide(options: DataOptions): Promise<void> {
  const partition = parsePartition(options.partition);
  const plan = await madePlan(options);
  const progress = createProgress(chooseFace(options.json === true, process.stdout));
  await progress.step('data', () => distributeMnist(plan.organisations, { partition, seed: options.seed }));
  const agents = plan.organisations.reduce((sum, own) => sum + own.agents.length, 0);
  progress.tell(
    `MNIST lies with ${agents} agents and ${plan.organisations.length} validators under ${plan.state}.`,
    'data',
    {
      agents,
      partition: options.partition,
      seed: options.seed,
    },
  );
}
