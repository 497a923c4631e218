// Envelopes: a signed statement, JWS compact serialisation (RFC 7515) with ES256 (RFC 7518, section 3.4).
// Header and payload are canonical JSON; `typ` names the act; `jti` is the digest of the statement.

import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalise, parseCanonical } from '../bytes/canonical.ts';
import { base64url, digestOf, sha256, type Digest } from '../bytes/digest.ts';
import { decodeUtf8 } from '../bytes/json.ts';
import { MusterError } from '../errors.ts';
import { issuesOf } from '../parse.ts';
import { ACTS, type Act } from './acts.ts';
import { derSignature, SIGNATURE_BYTES } from './ecdsa.ts';

/** A statement before it is sealed: anything JSON, with the act's fields. */
export type Claims = Readonly<Record<string, unknown>>;

/** No envelope of ours is larger; a job's terms are the largest thing stated. */
export const ENVELOPE_MAX_BYTES = 64 * 1024;

/** Results of pure functions that are kept, so that hostile input cannot fill the memory. */
const REMEMBERED = 4096;

function remember<T>(results: Map<string, T>, of: string, result: T): void {
  if (results.size >= REMEMBERED) results.clear();
  results.set(of, result);
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;

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
}

/** Who signs: a P-256 key and the thumbprint of its certificate. */
export interface Signer {
  readonly certificate: string;
  readonly privateKey: KeyObject;
}

/** The jti of a statement: base64url SHA-256 of its canonical form without jti. */
export function jtiOf(claims: Claims): string {
  return base64url(sha256(canonicalise(withoutJti(claims))));
}

function withoutJti({ ...claims }: Record<string, unknown>): Claims {
  delete claims.jti;
  return claims;
}

/**
 * Cuts `jti` out of a canonical text, which is what serialising the rest anew would give, at a fraction of the time.
 * @returns undefined where the member stands more than once, so that the outermost one would have to be looked for
 */
function canonicalWithoutJti(source: string, jti: string): string | undefined {
  const member = `"jti":${JSON.stringify(jti)}`;
  // within a string its quotes would be escaped, so it is found where it is a member
  const at = source.indexOf(member);
  if (at !== source.lastIndexOf(member)) return undefined;
  const [before, after] = [source.slice(0, at), source.slice(at + member.length)];
  return before.endsWith(',') ? before.slice(0, -1) + after : before + after.replace(/^,/, '');
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

function decodePart(part: string, what: string): { value: unknown; source: string } {
  const bytes = Buffer.from(part, 'base64url');
  // one encoding only: Buffer.from ignores stray characters and trailing bits, a second form would be a second envelope
  if (!BASE64URL.test(part) || base64url(bytes) !== part) refuse(`${what} is not base64url`);
  try {
    const source = decodeUtf8(bytes);
    return { value: parseCanonical(source), source };
  } catch (cause) {
    return refuse(`${what} is not canonical JSON`, cause);
  }
}

interface Head {
  readonly act: Act;
  readonly certificate: string;
}

/** An agent's envelopes all have one header, byte for byte: read once. A pure function may remember. */
// eslint-disable-next-line determinism/no-shared-state -- holds results of a pure function: it decides nothing
const heads = new Map<string, Head>();

function readHeader(part: string, expected: Act | undefined): Head {
  const known = heads.get(part);
  if (known !== undefined && (expected === undefined || known.act === expected)) return known;
  const head = parseHeader(part, expected);
  remember(heads, part, head);
  return head;
}

function parseHeader(part: string, expected: Act | undefined): Head {
  const head = header.safeParse(decodePart(part, 'header').value);
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
  const { value, source } = decodePart(part, 'payload');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('payload is not an object');
  const statement = value as Claims;
  if (typeof statement.jti !== 'string') return refuse('no jti');
  const expected = base64url(sha256(canonicalWithoutJti(source, statement.jti) ?? canonicalise(withoutJti(statement))));
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
  return { ...head, ...payload, signingInput, signature };
}

/** SHA-256 of an envelope's text, its one form: as {@link openEnvelope} accepts no other. */
export function envelopeDigest({ signingInput, signature }: Pick<Envelope, 'signingInput' | 'signature'>): Digest {
  return digestOf(`${signingInput}.${base64url(signature)}`);
}

/** Takes an envelope apart that the ledger has accepted, as a validated block tells: its form is not checked again. */
export function openEnvelopeUnsafe(text: string): Pick<Envelope, 'certificate' | 'statement'> {
  const [headerPart, payloadPart] = text.split('.') as [string, string];
  const { certificate } = readHeader(headerPart, undefined);
  return { certificate, statement: JSON.parse(Buffer.from(payloadPart, 'base64url').toString('utf8')) as Claims };
}

/** Importing a key costs as much as half a verification; a pure function may remember. */
// eslint-disable-next-line determinism/no-shared-state -- as above
const keys = new Map<string, KeyObject>();

function importKey(spki: string): KeyObject {
  let key = keys.get(spki);
  if (key === undefined) {
    key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
    remember(keys, spki, key);
  }
  return key;
}

/**
 * Verifies an envelope's signature.
 * @param publicKey SubjectPublicKeyInfo in base64, from the certificate on the ledger
 * @throws ERR_SIGNATURE_INVALID
 */
export function verifySignature(envelope: Envelope, publicKey: string): void {
  const input = Buffer.from(envelope.signingInput);
  if (!verify('sha256', input, importKey(publicKey), derSignature(envelope.signature))) {
    throw new MusterError('ERR_SIGNATURE_INVALID', { certificate: envelope.certificate });
  }
}
