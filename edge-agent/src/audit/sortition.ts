// How the rounds of a model took their agents: by which seeds, and who kept its part in them back. Each seed, and each agent's
// being taken, was decided again with the rest; here it is told.

import type { Terms } from '@muster/protocol';
import type { Check } from './audit-model.ts';
import type { ModelLineage } from './lineage.ts';

/** Who is eligible at all, where the job says: certificates name it, which were judged again at each recorded update. */
function eligible({ units, dataSets, platforms }: Terms['selection'] & object): string {
  const said = Object.entries({ units, 'data sets': dataSets, platforms }).flatMap(([what, names]) =>
    names === undefined ? [] : [`${what} ${names.join(', ')}`],
  );
  return said.length === 0 ? '' : `; eligible were certificates of ${said.join('; ')}`;
}

/** The checks of a job that selects agents; none of another. */
export function sortitionChecks({ job, rounds }: ModelLineage): Check[] {
  const { selection } = job.terms;
  if (selection === undefined) return [];
  const drawn = rounds.filter(({ round }) => round.seed !== undefined).length;
  const detail = `${drawn} of ${rounds.length} rounds took ${selection.perMille} of a thousand agents, by seeds drawn again from what was revealed${eligible(selection)}`;
  const kept = rounds.flatMap(({ round: { round, unrevealed = [] } }) =>
    unrevealed.map((name) => ({
      check: 'not revealed',
      detail: `${name} in round ${round}: it had committed to a value for the next seed, and none that fits is among those agreed on`,
    })),
  );
  return [{ check: 'sortition', detail }, ...kept];
}
