// The acts of officers and requesters, and everybody's own enrolment: sealed and recorded through a gateway.

import { jobIdOf, type Receipt } from '@muster/protocol';
import { recordAct, type Gateway, type Member, type RecordOptions } from '../client/index.ts';
import type { ComposedJob } from './compose.ts';

const stated = ({ by }: Member): { v: 1; iat: number; by: string } => ({ v: 1, iat: Date.now(), by });

/**
 * Registers the officer's organisation with its CA roots. Must go through the organisation's own gateway.
 * @param roots PEM texts
 * @throws ERR_ORGANISATION_CREATOR, ERR_ORGANISATION_EXISTS and what {@link recordAct} throws
 */
export function registerOrganisation(
  gateway: Gateway,
  member: Member,
  roots: readonly string[],
  options?: RecordOptions,
): Promise<Receipt> {
  const { organisation, certificatePem: certificate, signer } = member;
  const claims = { ...stated(member), organisation, roots, certificate };
  return recordAct(gateway, 'consortium.register', claims, signer, options);
}

/**
 * Puts the member's own certificate on the ledger. The statement is the same each time (its time is the certificate's
 * beginning), so that every start of an agent may say it again and a gateway answers from what it knows.
 * @throws ERR_ORGANISATION_UNKNOWN and what {@link recordAct} throws
 */
export function enrolCertificate(gateway: Gateway, member: Member, options?: RecordOptions): Promise<Receipt> {
  const { by, certificate, certificatePem, signer } = member;
  const claims = { v: 1, iat: certificate.notBefore, by, certificate: certificatePem };
  return recordAct(gateway, 'consortium.enrol', claims, signer, options);
}

/**
 * Stores a job's artefacts and proposes its terms.
 * @returns the job's id and the receipt
 * @throws ERR_JOB_TERMS, ERR_JOB_OUTSIDER and what {@link recordAct} throws
 */
export async function proposeJob(
  gateway: Gateway,
  member: Member,
  { terms, artefacts }: ComposedJob,
  options?: RecordOptions,
): Promise<{ job: string; receipt: Receipt }> {
  await Promise.all(artefacts.map((bytes) => gateway.putArtefact(bytes)));
  const receipt = await recordAct(gateway, 'job.propose', { ...stated(member), terms }, member.signer, options);
  return { job: jobIdOf(receipt.jti), receipt };
}

/**
 * Casts the vote of the officer's organisation.
 * @throws ERR_VOTE_DUPLICATE, ERR_JOB_STATUS, ERR_JOB_OUTSIDER and what {@link recordAct} throws
 */
export function voteJob(
  gateway: Gateway,
  member: Member,
  job: string,
  verdict: 'approve' | 'reject',
  options?: RecordOptions,
): Promise<Receipt> {
  return recordAct(gateway, 'job.vote', { ...stated(member), job, verdict }, member.signer, options);
}
