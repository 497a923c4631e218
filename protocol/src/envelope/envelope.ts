// Envelopes: a signed statement, JWS compact serialisation (RFC 7515) with ES256 (RFC 7518, section 3.4).
// Header and payload are canonical JSON; `typ` names the act; `jti` is the digest of the statement.

import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalise, parseCanonical } from '../bytes/canonical.ts';
import { base64url, digestOf, sha256, type Digest } from '../bytes/digest.ts';
import { MusterError } from '../errors.ts';
import { issuesOf } from '../parse.ts';
import { ACTS, type Act } from './acts.ts';

/** A statement before it is sealed: anything JSON, with the act's fields. */
export type Claims = Readonly<Record<string, unknown>>;

/** No envelope of ours is larger; a job's terms are the largest thing stated. */
export const ENVELOPE_MAX_BYTES = 64 * 1024;

const BASE64URL = /^[A-Za-z0-9_-]+$/;
const SIGNATURE_BYTES = 64;

const header = z.strictObject({
  alg: z.literal('ES256'),
  typ: z.string().max(64),
  'x5t#S256': z.string().length(43).regex(BASE64URL),
});

/** An envelope, taken apart but not yet verified. */
export interface Envelope {
  readonly act: Act;
  /** base64url SHA-256 of the signer's certificate */
  readonly certificate: string;
  readonly jti: string;
  readonly statement: Claims;
  readonly signingInput: string;
  readonly signature: Buffer;
  /** digest of what was signed: names the envelope whatever signature it carries (ECDSA signatures are malleable) */
  readonly digest: Digest;
}

/** Who signs: a P-256 key and the thumbprint of its certificate. */
export interface Signer {
  readonly certificate: string;
  readonly privateKey: KeyObject;
}

/** The jti of a statement: base64url SHA-256 of its canonical form without jti. */
export function jtiOf(claims: Claims): string {
  const rest = Object.fromEntries(Object.entries(claims).filter(([field]) => field !== 'jti'));
  return base64url(sha256(canonicalise(rest)));
}

/** Seals a statement: adds its `jti`, signs, returns the compact JWS. */
export function seal(act: Act, claims: Claims, signer: Signer): string {
  const head = canonicalise({ alg: 'ES256', typ: `muster.${act}`, 'x5t#S256': signer.certificate });
  const input = `${base64url(head)}.${base64url(canonicalise({ ...claims, jti: jtiOf(claims) }))}`;
  const signature = sign('sha256', Buffer.from(input), { key: signer.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${base64url(signature)}`;
}

function refuse(reason: string, cause?: unknown): never {
  throw new MusterError('ERR_ENVELOPE_MALFORMED', { reason }, { cause });
}

function decodePart(part: string, what: string): unknown {
  const bytes = Buffer.from(part, 'base64url');
  // one encoding only: Buffer.from ignores stray characters and trailing bits, a second form would be a second envelope
  if (!BASE64URL.test(part) || base64url(bytes) !== part) refuse(`${what} is not base64url`);
  try {
    return parseCanonical(bytes.toString('utf8'));
  } catch (cause) {
    return refuse(`${what} is not canonical JSON`, cause);
  }
}

function readHeader(part: string, expected: Act | undefined): { act: Act; certificate: string } {
  const head = header.safeParse(decodePart(part, 'header'));
  if (!head.success) {
    return refuse(
      `header: ${issuesOf(head.error)
        .map(({ field, problem }) => `${field} ${problem}`)
        .join('; ')}`,
    );
  }
  const { typ, 'x5t#S256': certificate } = head.data;
  const act = ACTS.find((known) => typ === `muster.${known}`);
  if (act === undefined || (expected !== undefined && act !== expected)) {
    throw new MusterError('ERR_ENVELOPE_TYPE', { typ, expected: expected ?? ACTS.join(', ') });
  }
  return { act, certificate };
}

function readPayload(part: string): { jti: string; statement: Claims } {
  const value = decodePart(part, 'payload');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('payload is not an object');
  const statement = value as Claims;
  if (typeof statement.jti !== 'string') return refuse('no jti');
  const expected = jtiOf(statement);
  if (statement.jti !== expected)
    throw new MusterError('ERR_ENVELOPE_JTI', { jti: statement.jti.slice(0, 80), expected });
  return { jti: expected, statement };
}

function readSignature(part: string): Buffer {
  const signature = Buffer.from(part, 'base64url');
  if (signature.length !== SIGNATURE_BYTES || base64url(signature) !== part)
    refuse('signature is not 64 bytes of base64url');
  return signature;
}

/**
 * Takes an envelope apart and checks its form; the signature is {@link verifySignature}'s.
 * @throws ERR_ENVELOPE_TOO_LARGE, ERR_ENVELOPE_MALFORMED, ERR_ENVELOPE_TYPE, ERR_ENVELOPE_JTI
 */
export function openEnvelope(text: string, expected?: Act): Envelope {
  if (text.length > ENVELOPE_MAX_BYTES) {
    throw new MusterError('ERR_ENVELOPE_TOO_LARGE', { bytes: text.length, limit: ENVELOPE_MAX_BYTES });
  }
  const parts = text.split('.');
  if (parts.length !== 3) refuse(`${parts.length} parts, a compact JWS has 3`);
  const [headerPart, payloadPart, signaturePart] = parts as [string, string, string];
  const head = readHeader(headerPart, expected);
  const payload = readPayload(payloadPart);
  const signature = readSignature(signaturePart);
  const signingInput = `${headerPart}.${payloadPart}`;
  return { ...head, ...payload, signingInput, signature, digest: digestOf(signingInput) };
}

/** Importing a key costs as much as half a verification; a pure function may remember. */
const keys = new Map<string, KeyObject>();
const KEYS_REMEMBERED = 4096;

function importKey(spki: string): KeyObject {
  let key = keys.get(spki);
  if (key === undefined) {
    if (keys.size >= KEYS_REMEMBERED) keys.clear();
    key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
    keys.set(spki, key);
  }
  return key;
}

/**
 * Verifies an envelope's signature.
 * @param publicKey SubjectPublicKeyInfo in base64, from the certificate on the ledger
 * @throws ERR_SIGNATURE_INVALID
 */
export function verifySignature(envelope: Envelope, publicKey: string): void {
  const key = { key: importKey(publicKey), dsaEncoding: 'ieee-p1363' } as const;
  if (!verify('sha256', Buffer.from(envelope.signingInput), key, envelope.signature)) {
    throw new MusterError('ERR_SIGNATURE_INVALID', { certificate: envelope.certificate });
  }
}
