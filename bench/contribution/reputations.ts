// Reputations of a job that was played, by the ledger's own arithmetic, and how well they tell attackers from honest agents.
import { medianScores, MICRO, moveReputation, normaliseScores, type Opinion } from '@muster/protocol';
import type { ScoredRound } from './score-round.ts';

export type Reputations = ReadonlyMap<string, number>;

/** Everybody's reputation after some rounds; who sent and was not scored had been left out by its own fault. */
export function reputationsAfter(
  rounds: readonly ScoredRound[],
  everybody: readonly string[],
  owner: (agent: string) => string,
  alphaMicro: number,
): Reputations {
  const held = new Map(everybody.map((agent) => [agent, 0]));
  for (const { agents, opinions } of rounds) {
    const medians = medianScores(agents.map(owner), opinions as readonly [Opinion, ...Opinion[]]);
    const scores = new Map(normaliseScores(medians).map((score, i) => [agents[i], score]));
    for (const [agent, before] of held)
      held.set(agent, moveReputation(before, scores.get(agent) ?? -MICRO, alphaMicro));
  }
  return held;
}

/** The same round where one organisation says the opposite of what it found. */
export function withLiar(round: ScoredRound, organisation: string): ScoredRound {
  const opinions = round.opinions.map((opinion) =>
    opinion.organisation === organisation ? { ...opinion, scores: opinion.scores.map((score) => 0 - score) } : opinion,
  );
  return { ...round, opinions };
}

/** Of all pairs of an attacker and an honest agent, the share in which the honest one stands higher; NaN without attackers. */
export function toldApart(reputations: Reputations, attackers: ReadonlySet<string>): number {
  const of = (attacking: boolean): number[] =>
    [...reputations].filter(([agent]) => attackers.has(agent) === attacking).map(([, reputation]) => reputation);
  const [bad, good] = [of(true), of(false)];
  const wins = good.flatMap((one) => bad.map((other) => (one > other ? 1 : one === other ? 0.5 : 0)));
  return wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
}

/** How many of some agents stand below 0. */
export function below(reputations: Reputations, agents: Iterable<string>): number {
  return [...agents].filter((agent) => (reputations.get(agent) ?? 0) < 0).length;
}
