// Scores of a round: what its attestations say of each update, beside what the ledger made of it.

import type { SettledAgent, Settlement } from '@muster/protocol';
import type { RoundView } from './reads.ts';

/** What one organisation's validator found on its own hold-out. */
export interface OrganisationScore {
  readonly organisation: string;
  readonly scoreMicro: number;
}

export interface ScoredUpdate {
  readonly by: string;
  /** of whoever attested and scored, by organisation */
  readonly scores: readonly OrganisationScore[];
  /** once the round is settled for the agent's organisation */
  readonly settled?: SettledAgent;
}

/** All agents of a closed round, those that withheld their update too, in order of names; nothing before it is closed. */
export function scoresOf(
  { round, updates, attestations }: RoundView,
  settlements: readonly Settlement[],
): readonly ScoredUpdate[] {
  if (round.updates === undefined) return [];
  const settled = new Map(settlements.flatMap(({ agents }) => agents.map((agent) => [agent.by, agent])));
  const said = new Map<string, OrganisationScore[]>(updates.map(({ by }) => [by, []]));
  for (const by of round.withheld ?? []) said.set(by, []);
  for (const { organisation, excluded, scores } of attestations) {
    const left = new Set(excluded.map(({ by }) => by));
    const accepted = updates.filter(({ by }) => !left.has(by));
    scores?.forEach((scoreMicro, i) => said.get(accepted[i]?.by ?? '')?.push({ organisation, scoreMicro }));
  }
  const rows = [...said].sort(([a], [b]) => (a < b ? -1 : 1));
  return rows.map(([by, scores]) => {
    const found = settled.get(by);
    return { by, scores, ...(found && { settled: found }) };
  });
}
