// Enrolment certificates: what Muster reads of an X.509 certificate that an organisation's Fabric CA issued.

import { X509Certificate, type KeyObject } from 'node:crypto';
import { MusterError } from '../errors.ts';
import { base64url, sha256 } from '../bytes/digest.ts';
import { readJson } from '../bytes/json.ts';
import { extensionValue } from './der.ts';
import { readHolder, type Holder } from './holder.ts';
import { NAME_PATTERN } from './names.ts';

/** What a certificate lets its holder do, in the attribute `muster.role`. */
export const ROLES = ['officer', 'requester', 'agent', 'validator', 'auditor', 'relay'] as const;
export type Role = (typeof ROLES)[number];

/** Fabric CA's attribute extension: its value is JSON, {"attrs":{name:value}} (fabric-ca docs, "Attribute-Based Access Control"). */
const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';

/** A certificate, read. Times are milliseconds since 1970. */
export interface Certificate extends Holder {
  /** base64url SHA-256 of the DER form: the `x5t#S256` of RFC 7515 */
  readonly thumbprint: string;
  readonly name: string;
  readonly role: Role;
  readonly notBefore: number;
  readonly notAfter: number;
  /** the public key, SubjectPublicKeyInfo in base64 */
  readonly publicKey: string;
  readonly x509: X509Certificate;
}

function refuse(reason: string, cause?: unknown): never {
  throw new MusterError('ERR_CERTIFICATE_MALFORMED', { reason }, { cause });
}

function parseX509(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    return refuse('not an X.509 certificate', cause);
  }
}

function attributes(x509: X509Certificate): Record<string, unknown> {
  const value = extensionValue(x509.raw, ATTRIBUTES_OID) ?? refuse('no attribute extension');
  try {
    const { attrs } = readJson(value) as { attrs?: Record<string, unknown> };
    return attrs ?? {};
  } catch (cause) {
    return refuse('its attribute extension is not JSON', cause);
  }
}

/** Node imports a certificate's key only when asked for it, and throws where it cannot. */
function publicKey(x509: X509Certificate): KeyObject {
  try {
    return x509.publicKey;
  } catch (cause) {
    return refuse('its key cannot be read', cause);
  }
}

/** A time as OpenSSL prints it. */
const TIME = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/;

/**
 * A time of a certificate, milliseconds since 1970: one that cannot be read would never be over. The text decides whether it can:
 * of a time that OpenSSL cannot read, Node's date is whatever memory held, so it may differ from one reading to the next.
 */
function time(text: string, date: Date): number {
  return TIME.test(text) ? date.getTime() : refuse('its validity cannot be read');
}

function commonName(x509: X509Certificate): string {
  const names = x509.subject.split('\n').filter((line) => line.startsWith('CN='));
  const name = names[0]?.slice('CN='.length) ?? '';
  if (names.length !== 1 || !NAME_PATTERN.test(name)) refuse(`common name must match ${NAME_PATTERN.source}`);
  return name;
}

/** base64url SHA-256 of a certificate's DER form (RFC 7515, section 4.1.8). */
export function thumbprint(x509: X509Certificate): string {
  return base64url(sha256(x509.raw));
}

/**
 * Reads an enrolment certificate.
 * @throws ERR_CERTIFICATE_MALFORMED where it is not an ECDSA P-256 certificate with a common name and `muster.role`
 */
export function readCertificate(pem: string): Certificate {
  const x509 = parseX509(pem);
  const key = publicKey(x509);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') refuse('its key is not on P-256');
  const said = attributes(x509);
  const { 'muster.role': role } = said;
  if (!ROLES.some((known) => known === role)) refuse(`attribute muster.role must be one of ${ROLES.join(', ')}`);
  return {
    ...readHolder(said),
    thumbprint: thumbprint(x509),
    name: commonName(x509),
    role: role as Role,
    notBefore: time(x509.validFrom, x509.validFromDate),
    notAfter: time(x509.validTo, x509.validToDate),
    publicKey: key.export({ type: 'spki', format: 'der' }).toString('base64'),
    x509,
  };
}

/**
 * Reads a CA root that an organisation pins.
 * @throws ERR_CERTIFICATE_MALFORMED where it is not a self-signed CA certificate
 */
export function readRoot(pem: string): X509Certificate {
  const x509 = parseX509(pem);
  const key = publicKey(x509);
  if (!x509.ca || !x509.checkIssued(x509) || !x509.verify(key)) refuse('not a self-signed CA certificate');
  return x509;
}

/**
 * Checks that a certificate was issued directly by one of an organisation's pinned roots.
 * @throws ERR_CERTIFICATE_UNTRUSTED
 */
export function verifyIssued(certificate: Certificate, organisation: string, roots: readonly string[]): void {
  const issued = roots
    .map(readRoot)
    .some((root) => certificate.x509.checkIssued(root) && certificate.x509.verify(root.publicKey));
  if (!issued)
    throw new MusterError('ERR_CERTIFICATE_UNTRUSTED', { certificate: certificate.thumbprint, organisation });
}

/** The part of a certificate that decides whether it counts at a time. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * Checks a certificate's validity at a time, which is the transaction's: the ledger has no other clock.
 * @throws ERR_CERTIFICATE_EXPIRED, ERR_CERTIFICATE_NOT_YET_VALID
 */
export function verifyValidity(certificate: string, { notBefore, notAfter }: Validity, at: number): void {
  if (at < notBefore) throw new MusterError('ERR_CERTIFICATE_NOT_YET_VALID', { certificate, notBefore, at });
  if (at > notAfter) throw new MusterError('ERR_CERTIFICATE_EXPIRED', { certificate, notAfter, at });
}
