// finalise: m organisations attested one model, so the model pointer moves and the next round opens.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { AttestationState, JobState, ModelState, RoundState } from '../ledger/state.ts';
import type { Stated } from '../statements.ts';
import { agreementOf } from './attest.ts';
import { commitsAttestations, verifyIndependent } from './independence.ts';
import { drawSeed, type BeaconSources } from './sortition.ts';
import { openNext, verifyNotBefore, verifyPhase } from './open.ts';

/** What a finalisation changes; `next` while the job goes on, `job` where it ended. */
export interface FinaliseOutcome {
  readonly model: ModelState;
  readonly round: RoundState;
  readonly next?: RoundState;
  readonly job?: JobState;
  readonly events: LedgerEvent[];
}

/** Distinct organisations first, then the threshold: a name said twice is one. */
function verifyAgreement(
  job: JobState,
  named: readonly string[],
  attestations: readonly (AttestationState | undefined)[],
): void {
  const needed = job.terms.quorum.attestations;
  const count = new Set(named).size;
  if (count !== named.length || count < needed) {
    throw new MusterError('ERR_QUORUM_SHORT', { of: 'agreeing organisations', count, needed });
  }
  const [first] = attestations;
  named.forEach((organisation, i) => {
    const attestation = attestations[i];
    if (attestation === undefined || first === undefined || agreementOf(attestation) !== agreementOf(first)) {
      throw new MusterError('ERR_ATTESTATION_MISMATCH', {
        field: `attestation of ${organisation}`,
        value: attestation?.aggregate.digest ?? 'missing',
        expected: first?.aggregate.digest ?? 'present',
      });
    }
  });
}

/**
 * Finalises a round. Who asks has been authenticated.
 * @param attestations of the organisations the statement names, in its order
 * @param endorser the organisation whose peer is about to endorse: it must be among the agreeing ones
 * @param beacons where the job selects agents, what organisations said of seeds
 * @throws ERR_ROUND_PHASE, ERR_ROUND_EARLY, ERR_QUORUM_SHORT, ERR_ATTESTATION_MISMATCH, ERR_ENDORSER_DISSENTS
 */
export function finaliseRound(
  job: JobState,
  round: RoundState,
  pointer: ModelState,
  attestations: readonly (AttestationState | undefined)[],
  stated: Stated<'round.finalise'>,
  endorser: string,
  moment: Moment,
  beacons?: BeaconSources,
): FinaliseOutcome {
  const { organisations, aggregate } = stated.statement;
  verifyPhase(round, 'closed');
  verifyNotBefore(round, round.closedAt as number, moment.at);
  verifyAgreement(job, organisations, attestations);
  const agreeing = attestations as readonly AttestationState[];
  const { aggregate: model, carry } = agreeing[0] as AttestationState;
  const made = { model, ...(carry === undefined ? {} : { carry }) };
  if (model.digest !== aggregate) {
    throw new MusterError('ERR_ATTESTATION_MISMATCH', { field: 'aggregate', value: aggregate, expected: model.digest });
  }
  if (!organisations.includes(endorser)) throw new MusterError('ERR_ENDORSER_DISSENTS', { organisation: endorser });
  const dependent = commitsAttestations(job.terms) ? verifyIndependent(job.terms, agreeing) : undefined;
  const agreed = agreementOf(agreeing[0] as AttestationState);
  const drawn = beacons && drawSeed(job.terms, round, beacons, (each) => agreementOf(each) === agreed);
  const finalised: RoundState = {
    ...round,
    phase: 'finalised',
    ...made,
    attestedBy: organisations,
    ...(dependent === undefined ? {} : { dependent }),
    ...(drawn === undefined ? {} : { unrevealed: drawn.unrevealed }),
    finalisedAt: moment.at,
  };
  const moved: ModelState = { ...pointer, finalised: pointer.finalised + 1, ...made, from: round.round };
  const events = [event('round.finalised', finalised)];
  if (moved.finalised >= job.terms.rounds) {
    const ended: JobState = { ...job, status: 'finished' };
    return {
      model: moved,
      round: finalised,
      job: ended,
      events: [...events, event('job.finished', { ...ended, model: moved })],
    };
  }
  const next = openNext(job, moved, moment, drawn?.seed);
  return {
    model: next.model,
    round: finalised,
    next: next.round,
    events: [...events, event('round.opened', next.round)],
  };
}
