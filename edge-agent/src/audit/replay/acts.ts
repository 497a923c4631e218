// Every act, decided again by the protocol's rules on the state it met. The chaincode is the law's other reader: load, decide,
// save are written here a second time on purpose, so that what it stored is compared with something that is not itself.

import {
  abandonRound,
  attestRound,
  authenticate,
  closeRound,
  commitsAttestations,
  enrol,
  finaliseRound,
  jobIdOf,
  keys,
  proposeJob,
  readStatement,
  recordAttestationCommitment,
  recordCommitment,
  recordRoot,
  recordUpdate,
  registerOrganisation,
  reputationPageKeys,
  revealAttestations,
  revealRound,
  revoke,
  settleRound,
  updatePages,
  verifyMember,
  voteJob,
  type Act,
  type AbandonOutcome,
  type AttestationState,
  type Enrolment,
  type FinaliseOutcome,
  type JobState,
  type ModelState,
  type Receipt,
  type RoundState,
  type Stated,
} from '@muster/protocol';
import {
  attestationCommitmentsOf,
  awaitedBy,
  beaconsOf,
  commitmentsOf,
  jobOf,
  organisationOf,
  pagesOf,
  rootsOf,
  roundOf,
} from './load.ts';
import type { ReplayedLedger } from './replayed-ledger.ts';

/** Decides an envelope on a ledger, writes and emits what follows. @throws what the rule refuses */
export type Decide = (ledger: ReplayedLedger, envelope: string) => Receipt;

function accept<A extends Act>(ledger: ReplayedLedger, act: A, envelope: string): Stated<A> {
  const stated = readStatement(act, envelope);
  const roster = ledger.get(keys.roster(stated.organisation, stated.envelope.certificate));
  return { ...stated, holder: authenticate(roster, stated, ledger.moment) };
}

function receipt({ moment }: ReplayedLedger, { statement: { jti, by } }: Stated<Act>): Receipt {
  return { jti, by, at: moment.at, transaction: moment.transaction };
}

/** The same took effect before: `at` is of then, and nothing changes. */
function repeated(ledger: ReplayedLedger, stated: Stated<Act>, since: number): Receipt {
  return { ...receipt(ledger, stated), at: since, duplicate: true };
}

/** A round of a job, for an act of one of the job's organisations. */
function roundFor<A extends 'round.reveal' | 'round.close' | 'round.finalise' | 'round.abandon' | 'round.settle'>(
  ledger: ReplayedLedger,
  { statement, organisation }: Stated<A>,
): { job: JobState; round: RoundState; pointer: ModelState } {
  const job = jobOf(ledger, statement.job);
  verifyMember(job, organisation);
  const round = roundOf(ledger, job.job, statement.round);
  return { job, round, pointer: ledger.get(keys.model(job.job)) as ModelState };
}

function endRound(ledger: ReplayedLedger, { round, model, next, job, events }: AbandonOutcome | FinaliseOutcome): void {
  ledger.put(keys.round(round.job, round.round), round);
  ledger.put(keys.model(round.job), model);
  if (next !== undefined) ledger.put(keys.round(next.job, next.round), next);
  if (job !== undefined) ledger.put(keys.job(job.job), job);
  ledger.emit(events);
}

function commitToAttestation(
  ledger: ReplayedLedger,
  job: JobState,
  round: RoundState,
  stated: Stated<'round.commit'>,
): Receipt {
  const key = keys.attestationCommitment(job.job, round.round, stated.organisation);
  const recorded = recordAttestationCommitment(job, round, ledger.get(key), stated, ledger.moment);
  if (recorded.record !== undefined) ledger.put(key, recorded.state);
  return recorded.receipt;
}

/** The rule of every act. */
export const decide = {
  'consortium.register': (ledger, envelope) => {
    const stated = readStatement('consortium.register', envelope);
    const key = keys.organisation(stated.statement.organisation);
    const { state, events } = registerOrganisation(ledger.get(key), stated, ledger.creator, ledger.moment);
    if (events.length === 0) return repeated(ledger, stated, state.at);
    ledger.put(key, state);
    ledger.emit(events);
    return receipt(ledger, stated);
  },
  'consortium.enrol': (ledger, envelope) => {
    const stated = readStatement('consortium.enrol', envelope);
    const { organisation } = stated;
    const held = organisationOf(ledger, organisation);
    const key = keys.roster(organisation, stated.envelope.certificate);
    const { state, events } = enrol(held, ledger.get(key), stated, ledger.moment);
    if (events.length === 0) {
      return repeated(ledger, stated, (state.certificates[stated.envelope.certificate] as Enrolment).at);
    }
    ledger.put(key, state);
    ledger.emit(events);
    return receipt(ledger, stated);
  },
  'consortium.revoke': (ledger, envelope) => {
    const stated = accept(ledger, 'consortium.revoke', envelope);
    const key = keys.roster(stated.organisation, stated.statement.certificate);
    const { state, events } = revoke(ledger.get(key), stated, ledger.moment);
    if (events.length === 0) {
      const { revoked } = state.certificates[stated.statement.certificate] as Required<Enrolment>;
      return repeated(ledger, stated, revoked.at);
    }
    ledger.put(key, state);
    ledger.emit(events);
    return receipt(ledger, stated);
  },
  'job.propose': (ledger, envelope) => {
    const stated = accept(ledger, 'job.propose', envelope);
    const key = keys.job(jobIdOf(stated.statement.jti));
    const { state, events } = proposeJob(ledger.get(key), stated, ledger.moment);
    for (const organisation of state.terms.organisations) organisationOf(ledger, organisation);
    ledger.put(key, state);
    ledger.emit(events);
    return { ...receipt(ledger, stated), job: state.job } as Receipt;
  },
  'job.vote': (ledger, envelope) => {
    const stated = accept(ledger, 'job.vote', envelope);
    const { job, opened, events } = voteJob(jobOf(ledger, stated.statement.job), stated, ledger.moment);
    ledger.put(keys.job(job.job), job);
    if (opened !== undefined) {
      ledger.put(keys.model(job.job), opened.model);
      ledger.setEndorsement(keys.model(job.job), job.terms.quorum.attestations, job.terms.organisations);
      ledger.put(keys.round(job.job, opened.round.round), opened.round);
    }
    ledger.emit(events);
    return receipt(ledger, stated);
  },
  'round.commit': (ledger, envelope) => {
    const stated = accept(ledger, 'round.commit', envelope);
    const job = jobOf(ledger, stated.statement.job);
    const round = roundOf(ledger, job.job, stated.statement.round);
    if (stated.statement.of === 'attestation') return commitToAttestation(ledger, job, round, stated);
    const key = keys.commitments(job.job, round.round, stated.organisation, stated.name, updatePages(job.terms));
    const recorded = recordCommitment(job, round, ledger.get(key), stated, ledger.moment);
    if (recorded.record !== undefined) ledger.put(key, recorded.state);
    return recorded.receipt;
  },
  'round.reveal': (ledger, envelope) => {
    const stated = accept(ledger, 'round.reveal', envelope);
    const { job, round } = roundFor(ledger, stated);
    const { state, events } =
      stated.statement.of === 'update'
        ? revealRound(job, round, commitmentsOf(ledger, job, round), ledger.moment)
        : revealAttestations(job, round, attestationCommitmentsOf(ledger, job, round), ledger.moment);
    ledger.put(keys.round(job.job, round.round), state);
    ledger.emit(events);
    return receipt(ledger, stated);
  },
  'round.update': (ledger, envelope) => {
    const stated = accept(ledger, 'round.update', envelope);
    const job = jobOf(ledger, stated.statement.job);
    const round = roundOf(ledger, job.job, stated.statement.round);
    const place = [job.job, round.round, stated.organisation, stated.name, updatePages(job.terms)] as const;
    const key = keys.updates(...place);
    const committed =
      job.terms.commitments?.updatesMs === undefined ? undefined : ledger.get(keys.commitments(...place));
    const recorded = recordUpdate(job, round, ledger.get(key), stated, ledger.moment, committed);
    if (recorded.record !== undefined) ledger.put(key, recorded.state);
    return recorded.receipt;
  },
  'round.root': (ledger, envelope) => {
    const stated = accept(ledger, 'round.root', envelope);
    const job = jobOf(ledger, stated.statement.job);
    const round = roundOf(ledger, job.job, stated.statement.round);
    const key = keys.root(job.job, round.round, stated.organisation);
    const { state, events } = recordRoot(job, round, ledger.get(key), stated, ledger.moment);
    ledger.put(key, state);
    ledger.emit(events);
    return receipt(ledger, stated);
  },
  'round.close': (ledger, envelope) => {
    const stated = accept(ledger, 'round.close', envelope);
    const { job, round } = roundFor(ledger, stated);
    const closing = { committed: commitmentsOf(ledger, job, round), roots: rootsOf(ledger, job, round) };
    const { state, events } = closeRound(job, round, pagesOf(ledger, job, round), ledger.moment, closing);
    ledger.put(keys.round(job.job, round.round), state);
    ledger.emit(events);
    return receipt(ledger, stated);
  },
  'round.attest': (ledger, envelope) => {
    const stated = accept(ledger, 'round.attest', envelope);
    const job = jobOf(ledger, stated.statement.job);
    const round = roundOf(ledger, job.job, stated.statement.round);
    const key = keys.attestation(job.job, round.round, stated.organisation);
    const committed = commitsAttestations(job.terms)
      ? ledger.get(keys.attestationCommitment(job.job, round.round, stated.organisation))
      : undefined;
    const { state, events } = attestRound(job, round, ledger.get(key), stated, ledger.moment, committed);
    ledger.put(key, state);
    ledger.emit(events);
    return receipt(ledger, stated);
  },
  'round.finalise': (ledger, envelope) => {
    const stated = accept(ledger, 'round.finalise', envelope);
    const { job, round, pointer } = roundFor(ledger, stated);
    const { organisations } = stated.statement;
    const attestations = organisations.map((organisation): AttestationState | undefined =>
      ledger.get(keys.attestation(job.job, round.round, organisation)),
    );
    // which peer endorses is judged by the endorsements themselves: any agreeing organisation's gives this result
    const [endorser = ''] = organisations;
    const beacons = beaconsOf(ledger, job, round);
    endRound(ledger, finaliseRound(job, round, pointer, attestations, stated, endorser, ledger.moment, beacons));
    return receipt(ledger, stated);
  },
  'round.abandon': (ledger, envelope) => {
    const stated = accept(ledger, 'round.abandon', envelope);
    const { job, round, pointer } = roundFor(ledger, stated);
    const pages = awaitedBy(ledger, job, round);
    const closing = { committed: commitmentsOf(ledger, job, round), roots: rootsOf(ledger, job, round) };
    const { reason } = stated.statement;
    endRound(ledger, abandonRound(job, round, pointer, pages, reason, ledger.moment, closing));
    return receipt(ledger, stated);
  },
  'round.settle': (ledger, envelope) => {
    const stated = accept(ledger, 'round.settle', envelope);
    const { job, round } = roundFor(ledger, stated);
    const attestations = (round.attestedBy ?? []).map(
      (organisation) => ledger.get(keys.attestation(job.job, round.round, organisation)) as AttestationState,
    );
    const ended = { pages: pagesOf(ledger, job, round), attestations };
    const places = reputationPageKeys(job.terms, job.job, stated.statement.organisation);
    const held = places.map((key) => ledger.get(key));
    const { pages, events } = settleRound(job, round, ended, held, stated, ledger.moment);
    pages.forEach((state, page) => ledger.put(places[page] as (typeof places)[number], state));
    ledger.emit(events);
    return receipt(ledger, stated);
  },
} as const satisfies Record<Act, Decide>;
