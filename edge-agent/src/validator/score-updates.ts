// Scoring: what each accepted update is worth on a sample of the organisation's own hold-out.

import { decodeParameters, isMusterError, SCORE_MAX, type ScoresTerms } from '@muster/protocol';
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
  /** when it must be done, milliseconds since 1970 */
  readonly until: number;
}

/** Scores in order of the agents' names, or why there are none; neither where the job has none. */
export interface Scoring {
  readonly scores?: number[];
  readonly silent?: string;
}

const clamp = (score: number): number => Math.max(-SCORE_MAX, Math.min(SCORE_MAX, score));

async function scoreAll(scores: ScoresTerms, options: ScoreOptions): Promise<Scoring> {
  const { sight, excluded, model, ballot, trainer, holdout: data, organisation, until } = options;
  const { job, round, updates } = sight;
  const { seed } = job.terms;
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
    if (Date.now() >= until) return { silent: `${found.length} of ${accepted.length} were scored in time` };
    const loss = await lossMicro(await ballot.candidate(by));
    found.push(clamp(isDifference ? reference - loss : loss - reference));
  }
  return { scores: found };
}

/**
 * Scores the accepted updates as the job's terms say, see `SCORE_METHODS`, in millionths of loss. Nobody else can check the
 * numbers, since the hold-out stays where it is. Where they cannot be had, or not in time, the attestation goes without them: a
 * round must not lose its model for lack of an opinion.
 * @throws what evaluating throws that no other attempt would be refused for
 */
export async function scoreUpdates(options: ScoreOptions): Promise<Scoring> {
  const { scores } = options.sight.job.terms;
  if (scores === undefined) return {};
  try {
    return await scoreAll(scores, options);
  } catch (error) {
    if (!isMusterError(error) || error.family !== 'refused') throw error;
    return { silent: error.message };
  }
}
