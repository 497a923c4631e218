// Scores: how much each accepted update is worth to each organisation's own hold-out, how a job says so, and what the ledger
// makes of several organisations' opinions. Validators of Templar score so too, by loss before and after (Lidin et al. 2025).

import { z } from 'zod';
import { ruleIssues, type RuleTerms } from '../aggregate/rules.ts';
import type { Issue } from '../catalogue.ts';
import { MusterError } from '../errors.ts';

/**
 * loss-difference: loss(base) − loss(base + change / n), the step that one of n accepted updates makes in their plain mean.
 * The whole change alone would be judged by how far it goes: trained on few classes it harms all others, and a change of next to
 * nothing would look better (docs/benchmarks.md, Contribution).
 * leave-one-out: loss(aggregate without the update) − loss(aggregate).
 * Above zero the update helped.
 */
export const SCORE_METHODS = ['loss-difference', 'leave-one-out'] as const;
export type ScoreMethod = (typeof SCORE_METHODS)[number];

/** A score is a difference of losses in millionths, clamped to ± this: its product with a million is exact. */
export const SCORE_MAX = 1_000_000_000;
/** Updates of a round that can be scored: so many scores of ten digits fit in an envelope. */
export const SCORED_MAX = 2048;
/** The same where leaving one out means to run the rule again for each. */
export const RERUN_MAX = 64;
/** One, in millionths: the ends of a reputation's range. */
export const MICRO = 1_000_000;

/** Rules whose aggregate without an update follows from their sums. */
const SUMMED: readonly string[] = ['fed-avg', 'fed-prox'];

export const scoresSchema = z.strictObject({
  method: z.enum(SCORE_METHODS),
  /** examples of its own hold-out by which a validator scores: the first so many in an order drawn for the round */
  examples: z.int().min(1).max(1_000_000),
  /** weight of the newest round in a reputation, in millionths */
  alphaMicro: z.int().min(1).max(MICRO),
});
export type ScoresTerms = z.infer<typeof scoresSchema>;

/** An organisation's scores of a round, one for each accepted update in order of their agents' names, in millionths of loss. */
export const scoreListSchema = z.array(z.int().min(-SCORE_MAX).max(SCORE_MAX)).max(SCORED_MAX);

/** Whether leaving an update out means to run the rule again. */
export function isRerun({ name }: Pick<RuleTerms, 'name'>): boolean {
  return !SUMMED.includes(name);
}

/**
 * What is wrong with a job's scores.
 * @param from the least updates that are aggregated
 * @param to the most
 */
export function scoreIssues(
  { rule, scores }: { readonly rule: RuleTerms; readonly scores?: ScoresTerms | undefined },
  from: number,
  to: number,
): Issue[] {
  if (scores === undefined) return [];
  const found: Issue[] = [];
  const most = scores.method === 'leave-one-out' && isRerun(rule) ? RERUN_MAX : SCORED_MAX;
  if (to > most) {
    const problem = `a round may take ${to} updates; ${scores.method} of ${rule.name} scores at most ${most}`;
    found.push({ field: 'scores', problem });
  }
  if (scores.method !== 'leave-one-out') return found;
  if (from < 2)
    return [...found, { field: 'scores.method', problem: 'leave-one-out needs at least 2 updates a round' }];
  const left = isRerun(rule) && ruleIssues(rule, from, to).length === 0 ? ruleIssues(rule, from - 1, to) : [];
  return [
    ...found,
    ...left.map(({ problem }) => ({ field: 'scores.method', problem: `with one left out, ${problem}` })),
  ];
}

/**
 * Checks that an attestation has a score for each accepted update, or no opinion: a validator that cannot score, or not in time,
 * must not cost the round its model. Where the job asks for no scores there may be none.
 * @throws ERR_ATTESTATION_MISMATCH
 */
export function verifyScores(
  scores: readonly number[] | undefined,
  terms: { readonly scores?: ScoresTerms | undefined },
  accepted: number,
): void {
  if (scores === undefined) return;
  const value = String(scores.length);
  const expected = terms.scores === undefined ? 'none' : String(accepted);
  if (value !== expected) throw new MusterError('ERR_ATTESTATION_MISMATCH', { field: 'scores', value, expected });
}

/** The quotient of integers, rounded to the nearest, halves away from zero. Exact while 2·|dividend| + divisor is below 2^53. */
export function divideRounded(dividend: number, divisor: number): number {
  const doubled = 2 * Math.abs(dividend) + divisor;
  const quotient = (doubled - (doubled % (2 * divisor))) / (2 * divisor);
  return dividend < 0 ? 0 - quotient : quotient;
}

/** The middle of some integers; of an even number of them the lower one of the two in the middle, which is an opinion too. */
export function lowerMedian(values: readonly [number, ...number[]]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] as number;
}

/** What an organisation said. */
export interface Opinion {
  readonly organisation: string;
  readonly scores: readonly number[];
}

/** Whether enough of those that agreed on a round have an opinion: more than half, so that no minority speaks for all. */
export function areHeard(opinions: readonly Opinion[], agreed: number): opinions is readonly [Opinion, ...Opinion[]] {
  return 2 * opinions.length > agreed;
}

/** Others that must have an opinion before an organisation's own one of its own agents is left out. */
const OTHERS = 3;

/**
 * The median opinion of each accepted update. What an organisation says of its own agents is left out where at least three
 * others say something.
 * @param owners the organisation of each update, in the order of the scores
 * @param opinions of distinct organisations, at least one
 */
export function medianScores(owners: readonly string[], opinions: readonly [Opinion, ...Opinion[]]): readonly number[] {
  return owners.map((owner, i) => {
    const others = opinions.filter(({ organisation }) => organisation !== owner);
    const heard = others.length >= OTHERS ? others : opinions;
    return lowerMedian(heard.map(({ scores }) => scores[i] as number) as [number, ...number[]]);
  });
}

/**
 * Scores of a round in relation to its best one, −10^6 … 10^6: harm counts by how much of the best help it undoes, and no more
 * than all of it, so that one update that ruins everything does not make all others look alike. Where none helped, in relation to
 * the most harmful; all zero where all are zero.
 */
export function normaliseScores(medians: readonly number[]): readonly number[] {
  const best = Math.max(0, ...medians);
  const one = best > 0 ? best : 0 - Math.min(0, ...medians);
  if (one === 0) return medians.map(() => 0);
  return medians.map((median) => Math.max(-MICRO, divideRounded(median * MICRO, one)));
}
