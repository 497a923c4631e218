// Rules of the consortium: who is in it, whose certificates count, and since when one does not.

import { readCertificate, verifyIssued, verifyValidity, readRoot, type Certificate } from '../envelope/certificate.ts';
import { holderOf } from '../envelope/holder.ts';
import { verifyCommitter, verifyRole, type Act } from '../envelope/acts.ts';
import { verifySignature } from '../envelope/envelope.ts';
import { MusterError } from '../errors.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { Enrolment, OrganisationState, RosterState } from '../ledger/state.ts';
import type { Stated, Statement } from '../statements.ts';

/** When and in which transaction something happens. */
export interface Moment {
  /** the transaction's timestamp, milliseconds */
  readonly at: number;
  readonly transaction: string;
}

const EMPTY_ROSTER: RosterState = { v: 1, certificates: {} };

/** A certificate that its own holder presents: it must be the one that signed, chain to the roots, count now and name its holder. */
function presented(
  stated: Stated<Act>,
  pem: string,
  organisation: string,
  roots: readonly string[],
  at: number,
): Certificate {
  const certificate = readCertificate(pem);
  const by = `${organisation}/${certificate.name}`;
  if (stated.envelope.certificate !== certificate.thumbprint || stated.statement.by !== by) {
    throw new MusterError('ERR_CERTIFICATE_UNKNOWN', {
      certificate: stated.envelope.certificate,
      by: stated.statement.by,
    });
  }
  verifyIssued(certificate, organisation, roots);
  verifyValidity(certificate.thumbprint, certificate, at);
  verifySignature(stated.envelope, certificate.publicKey);
  verifyRole(certificate.role, stated.envelope.act);
  return certificate;
}

/**
 * Registers an organisation and pins its CA roots. Only the organisation itself may: the transaction's creator is of its MSP,
 * which Fabric has checked against the channel's configuration, and an officer signs. Again with equal roots changes nothing.
 * @throws ERR_ORGANISATION_CREATOR, ERR_ORGANISATION_EXISTS, ERR_CERTIFICATE_*, ERR_SIGNATURE_INVALID, ERR_ROLE_FORBIDDEN
 */
export function registerOrganisation(
  existing: OrganisationState | undefined,
  stated: Stated<'consortium.register'>,
  creator: string,
  { at }: Moment,
): { state: OrganisationState; events: LedgerEvent[] } {
  const { organisation, roots, certificate, by } = stated.statement;
  if (creator !== organisation) throw new MusterError('ERR_ORGANISATION_CREATOR', { organisation, creator });
  roots.forEach(readRoot);
  presented(stated, certificate, organisation, roots, at);
  if (existing !== undefined) {
    if (existing.roots.join() !== roots.join()) throw new MusterError('ERR_ORGANISATION_EXISTS', { organisation });
    return { state: existing, events: [] };
  }
  const state: OrganisationState = { v: 1, organisation, roots, registeredBy: by, at };
  return { state, events: [event('organisation.registered', state)] };
}

/**
 * Enrols a certificate its holder presents. Again changes nothing.
 * @throws ERR_CERTIFICATE_*, ERR_SIGNATURE_INVALID
 */
export function enrol(
  organisation: OrganisationState,
  page: RosterState | undefined,
  stated: Stated<'consortium.enrol'>,
  { at }: Moment,
): { state: RosterState; events: LedgerEvent[] } {
  const roster = page ?? EMPTY_ROSTER;
  const pem = stated.statement.certificate;
  const certificate = presented(stated, pem, organisation.organisation, organisation.roots, at);
  const { thumbprint, name, role, publicKey, notBefore, notAfter } = certificate;
  if (roster.certificates[thumbprint] !== undefined) return { state: roster, events: [] };
  const enrolment: Enrolment = { name, role, ...holderOf(certificate), publicKey, notBefore, notAfter, at };
  return {
    state: { v: 1, certificates: { ...roster.certificates, [thumbprint]: enrolment } },
    events: [
      event('certificate.enrolled', {
        ...enrolment,
        organisation: organisation.organisation,
        certificate: thumbprint,
        pem,
      }),
    ],
  };
}

/**
 * The enrolment behind an envelope: its certificate is on the roster under the stated name, counts now, may do the act, and
 * its key made the signature.
 * @throws ERR_CERTIFICATE_UNKNOWN, ERR_CERTIFICATE_REVOKED, ERR_CERTIFICATE_EXPIRED, ERR_CERTIFICATE_NOT_YET_VALID,
 *   ERR_ROLE_FORBIDDEN, ERR_SIGNATURE_INVALID
 */
export function authenticate(roster: RosterState | undefined, stated: Stated<Act>, { at }: Moment): Enrolment {
  const { certificate, act } = stated.envelope;
  const held = roster?.certificates[certificate];
  if (held?.name !== stated.name)
    throw new MusterError('ERR_CERTIFICATE_UNKNOWN', { certificate, by: stated.statement.by });
  if (held.revoked !== undefined)
    throw new MusterError('ERR_CERTIFICATE_REVOKED', { certificate, at: held.revoked.at });
  verifyValidity(certificate, held, at);
  verifyRole(held.role, act);
  if (act === 'round.commit') verifyCommitter(held.role, (stated.statement as Statement<'round.commit'>).of);
  verifySignature(stated.envelope, held.publicKey);
  return held;
}

/**
 * Revokes a certificate of the officer's own organisation, from this transaction on. Again changes nothing.
 * The officer has been authenticated.
 * @throws ERR_CERTIFICATE_UNKNOWN
 */
export function revoke(
  page: RosterState | undefined,
  stated: Stated<'consortium.revoke'>,
  { at }: Moment,
): { state: RosterState; events: LedgerEvent[] } {
  const { name, certificate, reason, by } = stated.statement;
  const held = page?.certificates[certificate];
  if (page === undefined || held?.name !== name) throw new MusterError('ERR_CERTIFICATE_UNKNOWN', { certificate, by });
  if (held.revoked !== undefined) return { state: page, events: [] };
  const revoked: Enrolment = { ...held, revoked: { at, by, reason } };
  return {
    state: { v: 1, certificates: { ...page.certificates, [certificate]: revoked } },
    events: [event('certificate.revoked', { ...revoked, organisation: stated.organisation, certificate })],
  };
}
