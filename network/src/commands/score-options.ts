// The options of `muster job propose` that have validators score updates.

import type { JobOptions } from '@muster/edge-agent';
import { MICRO, MusterError, SCORE_METHODS, type ScoreMethod } from '@muster/protocol';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseCount } from './network-options.ts';

export interface ScoreOptions {
  readonly score?: ScoreMethod;
  readonly scoreExamples?: number;
  readonly scoreWeight?: number;
}

/** A share as whole millionths, above 0 and up to 1. */
export function parseShare(text: string): number {
  const micro = text.trim() === '' ? NaN : Math.round(Number(text) * MICRO);
  if (!(micro >= 1 && micro <= MICRO)) throw new InvalidArgumentError('must be above 0 and at most 1');
  return micro;
}

/** How updates are scored; not at all without `--score`. @throws ERR_DOCUMENT_INVALID for details of no scores */
export function scoresOf({ score, scoreExamples, scoreWeight }: ScoreOptions): JobOptions['scores'] {
  if (score !== undefined) {
    return {
      method: score,
      ...(scoreExamples === undefined ? {} : { examples: scoreExamples }),
      ...(scoreWeight === undefined ? {} : { alphaMicro: scoreWeight }),
    };
  }
  if (scoreExamples === undefined && scoreWeight === undefined) return undefined;
  const field = scoreExamples === undefined ? '--score-weight' : '--score-examples';
  const issues = [{ field, problem: 'says how updates are scored, and --score is missing' }];
  throw new MusterError('ERR_DOCUMENT_INVALID', { document: 'command line', issues });
}

/** What has updates scored: by loss difference where no method is given. */
export function scoreOption(): Option {
  const score = new Option(
    '--score [method]',
    'validators score each update on their own hold-outs, and agents get reputations (docs/contribution.md)',
  );
  return score.choices(SCORE_METHODS).preset(SCORE_METHODS[0]);
}

/** Adds them. */
export function withScores(command: Command): Command {
  return command
    .addOption(scoreOption())
    .option('--score-examples <n>', 'of a hold-out, drawn anew each round (default: 500)', parseCount)
    .option('--score-weight <share>', 'of the newest round in a reputation (default: 0.125)', parseShare);
}
