// muster agent run: the edge agent in the foreground.
import { runAgentService } from '@muster/edge-agent';
import type { Command } from 'commander';
import { writeAgentConfig } from '../start/run-members.ts';
import { configOf, untilStopped, withService, type ServiceOptions } from './member-options.ts';

interface AgentOptions extends ServiceOptions {
  readonly name: string;
}

export function register(program: Command): void {
  const run = program.command('agent').description('the edge agent').command('run');
  withService(run, 'its own examples')
    .description('train and submit an update in each open round, until stopped')
    .option('--name <agent>', 'which of the organisation’s agents', 'agent-1')
    .action(async (options: AgentOptions) => {
      const config = await configOf(options, (plan, own, data) => writeAgentConfig(plan, own, options.name, data));
      await runAgentService(config, untilStopped());
    });
}
