// Options that keep rounds from being steered: what is committed to before it is shown, and which agents are taken by lot.

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

export interface SelectOptions {
  readonly select?: number;
  readonly selectUnits?: string;
  readonly selectData?: string;
  readonly selectPlatforms?: string;
}

/** Everyone, where it is only said who is eligible. */
const ALL = 1000;

/** Adds the options of sortition to a command. */
export function withSelection(command: Command): Command {
  return command
    .option('--select <perMille>', 'a round takes so many of a thousand eligible agents, by lot', parseCount)
    .option('--select-units <units>', 'agents of these units are eligible, separated by commas (default: all)')
    .option(
      '--select-data <names>',
      'agents whose certificates name one of these data sets are eligible (default: all)',
    )
    .option('--select-platforms <names>', 'the same of platforms, e.g. linux-arm64 (default: all)');
}

/** The terms that the options say; undefined where every agent takes part in every round. */
export function selectionOf({ select, ...options }: SelectOptions): Terms['selection'] {
  const eligible = given({
    units: options.selectUnits?.split(','),
    dataSets: options.selectData?.split(','),
    platforms: options.selectPlatforms?.split(','),
  });
  if (select === undefined && Object.keys(eligible).length === 0) return undefined;
  return { perMille: select ?? ALL, ...eligible };
}
