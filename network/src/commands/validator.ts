// muster validator run: the validator in the foreground.
import { runValidatorService } from '@muster/edge-agent';
import type { Command } from 'commander';
import { writeValidatorConfig } from '../start/run-members.ts';
import { configOf, untilStopped, withService, type ServiceOptions } from './member-options.ts';

export function register(program: Command): void {
  const run = program.command('validator').description('the validator').command('run');
  withService(run, 'the hold-out')
    .description('recompute, attest and move on each round, until stopped')
    .action(async (options: ServiceOptions) => {
      await runValidatorService(await configOf(options, writeValidatorConfig), untilStopped());
    });
}
