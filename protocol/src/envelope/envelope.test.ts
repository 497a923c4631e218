// Envelopes: stock JOSE libraries read ours and make ours; every other form is refused.

import { beforeAll, describe, expect, test } from '@jest/globals';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, compactVerify, decodeProtectedHeader } from 'jose';
import { refusal } from '../../../test/support/refusal.ts';
import { createTestCa, type TestIdentity } from '../../../test/support/test-ca.ts';
import { readVectors } from '../../../test/support/vectors.ts';
import { canonicalise } from '../bytes/canonical.ts';
import { base64url } from '../bytes/digest.ts';
import { isMusterError } from '../errors.ts';
import { readCertificate } from './certificate.ts';
import { ENVELOPE_MAX_BYTES, jtiOf, openEnvelope, openEnvelopeUnsafe, seal, verifySignature } from './envelope.ts';

const ACT = 'round.close';
const CLAIMS = { v: 1, iat: 1, by: 'navy/officer', job: '0'.repeat(32), round: 1 };
let officer: TestIdentity;
let publicKey: string;
let sealed: string;
let parts: [string, string, string];

beforeAll(async () => {
  const ca = await createTestCa('navy');
  officer = await ca.issue({ name: 'officer', role: 'officer' });
  publicKey = readCertificate(officer.certificate).publicKey;
  sealed = seal(ACT, CLAIMS, officer.signer);
  parts = sealed.split('.') as typeof parts;
});

describe('an envelope of ours', () => {
  test('is a JWS that jose verifies', async () => {
    const { payload, protectedHeader } = await compactVerify(sealed, createPublicKey(officer.certificate));
    expect(protectedHeader).toEqual({
      alg: 'ES256',
      typ: 'muster.round.close',
      'x5t#S256': officer.signer.certificate,
    });
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual({ ...CLAIMS, jti: jtiOf(CLAIMS) });
  });

  test('opens to its act, statement and digest, and verifies', () => {
    const envelope = openEnvelope(sealed, ACT);
    expect(envelope).toMatchObject({ act: ACT, certificate: officer.signer.certificate, jti: jtiOf(CLAIMS) });
    expect(envelope.statement).toEqual({ ...CLAIMS, jti: jtiOf(CLAIMS) });
    expect(openEnvelope(sealed)).toEqual(envelope);
    verifySignature(envelope, publicKey);
    verifySignature(envelope, publicKey); // the key is remembered now
  });

  test('has a signature of its own each time, and the same jti and digest', () => {
    const again = openEnvelope(seal(ACT, CLAIMS, officer.signer));
    const first = openEnvelope(sealed);
    expect(again.signature).not.toEqual(first.signature);
    expect(again.jti).toBe(first.jti);
  });
});

test('an envelope that jose made of the same header and payload opens and verifies', async () => {
  const text = await new CompactSign(Buffer.from(canonicalise({ ...CLAIMS, jti: jtiOf(CLAIMS) })))
    .setProtectedHeader(decodeProtectedHeader(sealed) as { alg: string })
    .sign(officer.privateKey);
  const envelope = openEnvelope(text, ACT);
  expect(envelope.jti).toBe(jtiOf(CLAIMS));
  expect(() => verifySignature(envelope, publicKey)).not.toThrow();
});

test('signatures of every length of their two numbers verify', () => {
  // one in 128 has a number that begins with a zero byte, which DER leaves out
  const signer = { ...officer.signer };
  for (let iat = 0; iat < 600; iat++) {
    const envelope = openEnvelope(seal(ACT, { ...CLAIMS, iat }, signer), ACT);
    verifySignature(envelope, publicKey);
  }
});

test('a signature of zeros is invalid', () => {
  const envelope = { ...openEnvelope(sealed, ACT), signature: Buffer.alloc(64) };
  expect(refusal(() => verifySignature(envelope, publicKey)).code).toBe('ERR_SIGNATURE_INVALID');
});

test('a statement whose members the engine would order otherwise has the jti of its canonical form', () => {
  const claims = { ...CLAIMS, '10': 1, '9': 2 };
  expect(openEnvelope(seal(ACT, claims, officer.signer)).jti).toBe(jtiOf(claims));
});

test('the jti is that of the canonical form, wherever its member stands and whatever else is called so', () => {
  const name = fc.constantFrom('jti', '"jti', 'a', 'z');
  const claimed = fc.dictionary(name, fc.oneof(fc.string(), fc.integer(), fc.constant({ jti: 'x' })));
  fc.assert(
    fc.property(claimed, (claims) => {
      expect(openEnvelope(seal(ACT, claims, officer.signer)).jti).toBe(jtiOf(claims));
    }),
    { numRuns: 50 },
  );
});

test('a jti that the statement has within too is compared all the same', () => {
  const claims = { jti: 'x', z: { jti: 'x' } };
  const payload = base64url(canonicalise(claims));
  expect(refusal(() => openEnvelope([parts[0], payload, parts[2]].join('.')))).toMatchObject({
    code: 'ERR_ENVELOPE_JTI',
    details: { jti: 'x', expected: jtiOf(claims) },
  });
});

test('what the ledger has accepted is opened without checking its form again', () => {
  const { certificate, statement } = openEnvelope(sealed);
  expect(openEnvelopeUnsafe(sealed)).toEqual({ certificate, statement });
  expect(refusal(() => openEnvelopeUnsafe('')).code).toBe('ERR_ENVELOPE_MALFORMED');
});

interface Worked {
  readonly act: 'round.close';
  readonly claims: Record<string, unknown>;
  readonly publicKey: string;
}
interface WorkedResult {
  readonly envelope: string;
  readonly jti: string;
}
test.each(readVectors<Worked, WorkedResult>('envelope', 'worked-example'))('$title', ({ input, expect: expected }) => {
  const { envelope: text, jti } = expected!;
  const envelope = openEnvelope(text, input.act);
  expect(envelope).toMatchObject({ jti, statement: { ...input.claims, jti } });
  verifySignature(envelope, input.publicKey);
  expect(jtiOf(input.claims)).toBe(jti);
});

describe('an envelope is refused', () => {
  const encode = (value: unknown): string => base64url(typeof value === 'string' ? value : canonicalise(value));
  const head = (more: object): string =>
    encode({ alg: 'ES256', typ: 'muster.round.close', 'x5t#S256': officer.signer.certificate, ...more });

  const malformed: [string, () => string][] = [
    ['of two parts', () => parts.slice(0, 2).join('.')],
    ['of four parts', () => `${sealed}.x`],
    ['without a header', () => `.${parts[1]}.${parts[2]}`],
    ['with padding', () => `${parts[0]}=.${parts[1]}.${parts[2]}`],
    ['with a stray character', () => `${parts[0]}!.${parts[1]}.${parts[2]}`],
    ['with a new line at its end', () => `${sealed}\n`],
    ['with trailing bits', () => `${parts[0]}.${encode('{}').slice(0, -1)}R.${parts[2]}`],
    [
      'whose payload is not UTF-8',
      () => `${parts[0]}.${Buffer.from('7b22ff223a317d', 'hex').toString('base64url')}.${parts[2]}`,
    ],
    ['whose payload is nested deeply', () => `${parts[0]}.${encode('['.repeat(40_000))}.${parts[2]}`],
    ['whose header is not JSON', () => `${encode('alg')}.${parts[1]}.${parts[2]}`],
    ['whose header has white space', () => `${encode('{"alg": "ES256"}')}.${parts[1]}.${parts[2]}`],
    ['with alg none', () => `${head({ alg: 'none' })}.${parts[1]}.${parts[2]}`],
    ['with alg HS256', () => `${head({ alg: 'HS256' })}.${parts[1]}.${parts[2]}`],
    ['with a critical extension', () => `${head({ crit: ['b64'], b64: false })}.${parts[1]}.${parts[2]}`],
    ['with a key in its header', () => `${head({ jwk: {} })}.${parts[1]}.${parts[2]}`],
    ['with a thumbprint cut short', () => `${head({ 'x5t#S256': 'abc' })}.${parts[1]}.${parts[2]}`],
    [
      'with a thumbprint that is not base64url',
      () => `${head({ 'x5t#S256': '='.repeat(43) })}.${parts[1]}.${parts[2]}`,
    ],
    ['whose payload is a list', () => `${parts[0]}.${encode([])}.${parts[2]}`],
    ['whose payload is null', () => `${parts[0]}.${encode(null)}.${parts[2]}`],
    ['whose payload is text', () => `${parts[0]}.${encode('"a"')}.${parts[2]}`],
    ['whose payload has members out of order', () => `${parts[0]}.${encode('{"b":1,"a":1}')}.${parts[2]}`],
    ['without jti', () => `${parts[0]}.${encode(CLAIMS)}.${parts[2]}`],
    ['with a jti that is a number', () => `${parts[0]}.${encode({ ...CLAIMS, jti: 1 })}.${parts[2]}`],
    ['with a signature in DER', () => `${parts[0]}.${parts[1]}.${base64url(new Uint8Array(70))}`],
    ['without a signature', () => `${parts[0]}.${parts[1]}.`],
    ['with a padded signature', () => `${sealed}==`],
  ];
  test.each(malformed)('%s', (_title, make) => {
    expect(refusal(() => openEnvelope(make())).code).toBe('ERR_ENVELOPE_MALFORMED');
  });

  test('beyond 64 KiB, before anything of it is read', () => {
    expect(refusal(() => openEnvelope('x'.repeat(ENVELOPE_MAX_BYTES + 1)))).toMatchObject({
      code: 'ERR_ENVELOPE_TOO_LARGE',
      details: { bytes: ENVELOPE_MAX_BYTES + 1 },
    });
  });

  test('of another act than the one expected', () => {
    expect(refusal(() => openEnvelope(sealed, 'round.finalise'))).toMatchObject({
      code: 'ERR_ENVELOPE_TYPE',
      details: { typ: 'muster.round.close', expected: 'round.finalise' },
    });
  });

  test.each(['JWT', 'muster.round.steal', 'round.close'])('of the unknown type %p', (typ) => {
    expect(refusal(() => openEnvelope(`${head({ typ })}.${parts[1]}.${parts[2]}`)).code).toBe('ERR_ENVELOPE_TYPE');
  });

  test('with a jti that is not the digest of its statement', () => {
    const other = encode({ ...CLAIMS, round: 2, jti: jtiOf(CLAIMS) });
    expect(refusal(() => openEnvelope(`${parts[0]}.${other}.${parts[2]}`))).toMatchObject({
      code: 'ERR_ENVELOPE_JTI',
      details: { jti: jtiOf(CLAIMS), expected: jtiOf({ ...CLAIMS, round: 2 }) },
    });
  });

  test('when any one bit of header, payload or signature is flipped', () => {
    for (let at = 0; at < sealed.length; at++) {
      const flipped = String.fromCharCode(sealed.charCodeAt(at) ^ 1);
      const bent = sealed.slice(0, at) + flipped + sealed.slice(at + 1);
      const { code } = refusal(() => verifySignature(openEnvelope(bent, ACT), publicKey));
      expect(code).toMatch(/^ERR_(ENVELOPE|SIGNATURE)_/);
    }
  });

  test('signed with another key than that of its certificate', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = openEnvelope(seal(ACT, CLAIMS, { ...officer.signer, privateKey }));
    const error = refusal(() => verifySignature(forged, publicKey));
    expect(isMusterError(error, 'ERR_SIGNATURE_INVALID')).toBe(true);
  });
});

test('keys are remembered up to a bound and forgotten beyond it', () => {
  const envelope = openEnvelope(sealed);
  // base64 with white space is the same key under another name, so the memory fills without 4096 keys
  for (let i = 0; i <= 4096; i++) verifySignature(envelope, ' '.repeat(i) + publicKey);
  expect(() => verifySignature(envelope, publicKey)).not.toThrow();
});
