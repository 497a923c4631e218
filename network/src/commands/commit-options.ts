// Options of commitments: what is committed to before it is shown, and for how long.

import type { Terms } from '@muster/protocol';
import type { Command } from 'commander';
import { parseCount } from './network-options.ts';
import { given } from './recipe-options.ts';

export interface CommitOptions {
  readonly commitWindow?: number | undefined;
  readonly attestationCommitWindow?: number | undefined;
}

/** Adds the options to a command. */
export function withCommitments(command: Command): Command {
  return command
    .option('--commit-window <ms>', 'agents commit to their updates before any is shown, for so long', parseCount)
    .option(
      '--attestation-commit-window <ms>',
      'organisations commit to their attestations before any is shown, for so long',
      parseCount,
    );
}

/** The terms that the options say; undefined where nothing is committed to. */
export function commitmentsOf(options: CommitOptions): Terms['commitments'] {
  const windows = given({ updatesMs: options.commitWindow, attestationsMs: options.attestationCommitWindow });
  return Object.keys(windows).length === 0 ? undefined : windows;
}
