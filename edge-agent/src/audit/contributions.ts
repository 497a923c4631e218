// What an audited ledger holds of contributions: scores in attestations, and the reputations that settling made of them. Every
// act of settling was decided again with the rest; here it is counted.

import { keys, updatePages } from '@muster/protocol';
import type { Check } from './audit-model.ts';
import type { ModelLineage } from './lineage.ts';
import type { LedgerAudit } from './replay/ledger-audit.ts';

/** The checks of a job with scores; none of another. */
export function contributionChecks(audit: LedgerAudit, { job, rounds }: ModelLineage): Check[] {
  const { terms } = job;
  if (terms.scores === undefined) return [];
  const attestations = rounds.flatMap((round) => round.attestations);
  const scored = attestations.filter(({ state }) => state.scores !== undefined).length;
  const pages = Array.from({ length: updatePages(terms) }, (_, page) => page);
  const held = terms.organisations.map((organisation) =>
    pages.flatMap((page) => audit.state.get(keys.reputationPage(job.job, organisation, page)) ?? []),
  );
  const agents = held.flat().reduce((count, page) => count + Object.keys(page.agents).length, 0);
  const upTo = Math.min(...held.map(([page]) => page?.round ?? 0));
  const settled = upTo === 0 ? 'no round is settled for all' : `settled for all up to round ${upTo}`;
  return [
    { check: 'scores', detail: `in ${scored} of ${attestations.length} attestations, by ${terms.scores.method}` },
    { check: 'reputations', detail: `of ${agents} agents, moved by nothing but those scores; ${settled}` },
  ];
}
