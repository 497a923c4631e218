// muster validator run: the validator in the foreground.
import { runValidatorService } from '@muster/edge-agent';
import type { Command } from 'commander';
import { untilStopped } from './member-options.ts';

export function register(program: Command): void {
  program
    .command('validator')
    .description('the validator')
    .command('run')
    .description('recompute, attest and move on each round, until stopped')
    .requiredOption('--config <file>', 'its configuration, JSON (edge-agent/README.md)')
    .action(({ config }: { config: string }) => runValidatorService(config, untilStopped()));
}
