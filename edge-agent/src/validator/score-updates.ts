// Scoring: what each accepted update is worth on a sample of the organisation's own hold-out.

import { decodeParameters, SCORE_MAX } from '@muster/protocol';
import type { DataOrigin } from '../data/index.ts';
import type { Trainer } from '../train/index.ts';
import type { JobSight } from '../watch/index.ts';
import type { Ballot, Exclusion } from './ballot.ts';
import { errorMicro } from './micro.ts';

export interface ScoreOptions {
  readonly sight: JobSight;
  readonly excluded: readonly Exclusion[];
  /** the round's aggregate */
  readonly model: Uint8Array;
  readonly ballot: Pick<Ballot, 'base' | 'candidate'>;
  readonly trainer: Pick<Trainer, 'evaluate'>;
  readonly holdout: DataOrigin;
  readonly organisation: string;
}

const clamp = (score: number): number => Math.max(-SCORE_MAX, Math.min(SCORE_MAX, score));

/**
 * Scores the accepted updates as the job's terms say, see `SCORE_METHODS`. Nobody else can check the numbers, since the
 * hold-out stays where it is.
 * @returns millionths of loss in order of the agents' names; undefined where the job has no scores
 * @throws what evaluating throws
 */
export async function scoreUpdates(options: ScoreOptions): Promise<number[] | undefined> {
  const { sight, excluded, model, ballot, trainer, holdout: data, organisation } = options;
  const { job, round, updates } = sight;
  const { scores, seed } = job.terms;
  if (scores === undefined) return undefined;
  const sample = { examples: scores.examples, labels: [seed, job.job, round.round, organisation, 'scores'] };
  const lossMicro = async (bytes: Uint8Array): Promise<number> => {
    const parameters = new Map(decodeParameters(bytes).map(({ name, data: values }) => [name, values]));
    return errorMicro((await trainer.evaluate({ parameters, data, sample })).loss);
  };
  const isDifference = scores.method === 'loss-difference';
  const reference = await lossMicro(isDifference ? ballot.base : model);
  const left = new Set(excluded.map(({ by }) => by));
  const accepted = updates.map(({ by }) => by).filter((by) => !left.has(by));
  const found: number[] = [];
  // one candidate at a time: each is as large as the model
  for (const by of accepted.sort()) {
    const loss = await lossMicro(await ballot.candidate(by));
    found.push(clamp(isDifference ? reference - loss : loss - reference));
  }
  return found;
}
