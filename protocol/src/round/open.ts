// open: the next round starts on the job's current model.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import type { JobState, ModelState, Phase, RoundState } from '../ledger/state.ts';

/**
 * The next round of a job, open or first for commitments, and the model pointer that names it.
 * @param seed by which it takes agents, where the job selects them and there is one
 */
export function openNext(
  job: JobState,
  pointer: ModelState,
  { at }: Moment,
  seed?: string,
): { model: ModelState; round: RoundState } {
  const model: ModelState = { ...pointer, round: pointer.round + 1 };
  const { windows, commitments } = job.terms;
  const handed = {
    ...(model.carry === undefined ? {} : { baseCarry: model.carry }),
    ...(seed === undefined ? {} : { seed }),
  };
  const common = { v: 1, job: job.job, round: model.round, base: model.model, ...handed, openedAt: at } as const;
  if (commitments?.updatesMs === undefined) {
    return { model, round: { ...common, phase: 'open', updatesUntil: at + windows.updatesMs } };
  }
  const commitsUntil = at + commitments.updatesMs;
  const updatesUntil = commitsUntil + windows.updatesMs;
  return { model, round: { ...common, phase: 'committing', commitsUntil, updatesUntil } };
}

/**
 * Checks a round's phase.
 * @throws ERR_ROUND_PHASE
 */
export function verifyPhase(round: RoundState, expected: Phase): void {
  if (round.phase !== expected) {
    throw new MusterError('ERR_ROUND_PHASE', { job: round.job, round: round.round, phase: round.phase, expected });
  }
}

/**
 * Checks that a moment lies before the end of a window.
 * @throws ERR_ROUND_LATE
 */
export function verifyBefore(round: RoundState, until: number, at: number): void {
  if (at > until) throw new MusterError('ERR_ROUND_LATE', { job: round.job, round: round.round, at, until });
}

/**
 * Checks that a moment is not before one of the round's own: transaction times are their clients' to choose, and a
 * back-dated transaction must not slip into a window that it came too late for.
 * @throws ERR_ROUND_EARLY
 */
export function verifyNotBefore(round: RoundState, from: number, at: number): void {
  if (at < from) throw new MusterError('ERR_ROUND_EARLY', { job: round.job, round: round.round, at, from });
}
