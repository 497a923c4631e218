// Reputations: what the ledger remembers of an agent's scores, an exponential moving average in whole millionths.

import type { ReputationState, Standing } from '../ledger/state.ts';
import { divideRounded, MICRO } from './scores.ts';

/** Agents that a page keeps; the ones that were longest not settled make room. */
export const REPUTATIONS_PER_PAGE = 1024;

/**
 * The average moved by a score: reputation + (score − reputation) · alpha, the step rounded to the nearest integer, halves away
 * from zero. It stays between the two, and a higher score or reputation never gives a lower result.
 * @param reputationMicro −10^6 … 10^6
 * @param scoreMicro −10^6 … 10^6
 * @param alphaMicro weight of the score, 1 … 10^6
 */
export function moveReputation(reputationMicro: number, scoreMicro: number, alphaMicro: number): number {
  return reputationMicro + divideRounded((scoreMicro - reputationMicro) * alphaMicro, MICRO);
}

/** The standing of an agent; one that was never settled begins in the middle. */
export function standingOn(page: ReputationState, name: string): Standing {
  // an agent may be called what objects inherit: `constructor` is a name
  const held = Object.hasOwn(page.agents, name) ? page.agents[name] : undefined;
  return held ?? { reputationMicro: 0, scoreMicro: 0, rounds: 0, round: 0 };
}

/** The standing after a round. */
export function moveStanding(before: Standing, scoreMicro: number, alphaMicro: number, round: number): Standing {
  const reputationMicro = moveReputation(before.reputationMicro, scoreMicro, alphaMicro);
  return { reputationMicro, scoreMicro, rounds: before.rounds + 1, round };
}

/** Agents of a page, without those for which there is no room: an organisation may enrol any number over the years. */
export function keepLatest(agents: Readonly<Record<string, Standing>>): Readonly<Record<string, Standing>> {
  const entries = Object.entries(agents);
  if (entries.length <= REPUTATIONS_PER_PAGE) return agents;
  const latest = entries.sort(([a, { round: x }], [b, { round: y }]) => (x === y ? (a < b ? -1 : 1) : y - x));
  return Object.fromEntries(latest.slice(0, REPUTATIONS_PER_PAGE));
}
