// Who made its attestations for itself: in a job whose attestations are committed to, those that are not what was committed to
// before any was shown, each with its evidence. The ledger's word for each was decided again with the rest; here it is told.

import { commitsAttestations, keys } from '@muster/protocol';
import type { Check } from './audit-model.ts';
import type { LineageRound, ModelLineage } from './lineage.ts';
import type { LedgerAudit } from './replay/ledger-audit.ts';

type State = Pick<LedgerAudit['state'], 'get'>;

function dependentChecks(state: State, { round, attestations }: LineageRound): Check[] {
  const dependent = attestations.filter((each) => each.state.independent !== true);
  return dependent.map(({ state: { organisation }, act }) => {
    const committed = state.get(keys.attestationCommitment(round.job, round.round, organisation));
    const why =
      committed === undefined
        ? 'it committed to nothing'
        : `it committed to ${committed.commitment} in transaction ${committed.transaction}, and replaced what it showed`;
    const where = `attestation ${act.jti} in block ${act.block}, transaction ${act.transaction}`;
    return { check: 'not independent', detail: `${organisation} in round ${round.round}: ${why}; ${where}` };
  });
}

/** Organisations that committed, perhaps to anything, and attested nothing. */
function silentChecks(state: State, { round }: LineageRound): Check[] {
  const { job, round: number, committedBy = [] } = round;
  const silent = committedBy.filter((name) => state.get(keys.attestation(job, number, name)) === undefined);
  return silent.map((name) => {
    const commitment = state.get(keys.attestationCommitment(job, number, name))?.commitment ?? 'nothing';
    return {
      check: 'not attested',
      detail: `${name} in round ${number}: it committed to ${commitment} and showed nothing`,
    };
  });
}

/** The checks of a job whose attestations are committed to; none of another. */
export function independenceChecks({ state }: { readonly state: State }, { job, rounds }: ModelLineage): Check[] {
  if (!commitsAttestations(job.terms)) return [];
  const all = rounds.flatMap(({ attestations }) => attestations);
  const independent = all.filter((each) => each.state.independent === true).length;
  const detail = `${independent} of ${all.length} attestations are what was committed to before any was shown`;
  const named = rounds.flatMap((round) => [...dependentChecks(state, round), ...silentChecks(state, round)]);
  return [{ check: 'independence', detail }, ...named];
}
