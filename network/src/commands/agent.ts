// muster agent run: the edge agent in the foreground.
import { runAgentService } from '@muster/edge-agent';
import type { Command } from 'commander';
import { untilStopped } from './member-options.ts';

export function register(program: Command): void {
  program
    .command('agent')
    .description('the edge agent')
    .command('run')
    .description('train and submit an update in each open round, until stopped')
    .requiredOption('--config <file>', 'its configuration, JSON (edge-agent/README.md)')
    .action(({ config }: { config: string }) => runAgentService(config, untilStopped()));
}
