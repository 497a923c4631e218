// Envelopes that must be refused, each with the code of its refusal.

import { generateKeyPairSync, sign } from 'node:crypto';
import { canonicalise, jtiOf, seal, type Act, type Claims, type Code } from '@muster/protocol';
import type { OpenJob, RealConsortium } from '../support/real-consortium.ts';
import { createTestCa, type TestCa, type TestIdentity } from '../support/test-ca.ts';

/** Where the adversary is at work; set by the test once its network stands. */
export const scene = {} as {
  consortium: RealConsortium;
  job: OpenJob;
  /** a job that the adversary's organisation has no part in */
  pair: OpenJob;
  navyCa: TestCa;
};

const HOUR_MS = 3_600_000;
export const AGENT = 'army/agent-1';

const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** Seals a statement under a header of the adversary's own, by the agent's true key. */
async function sealedAs(header: object, claims: Claims): Promise<string> {
  const { member } = await scene.consortium.member(AGENT);
  const input = `${encode(canonicalise(header))}.${encode(canonicalise({ ...claims, jti: jtiOf(claims) }))}`;
  const key = { key: member.signer.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

export const claimsOf = (by = AGENT, changes: Claims = {}): Claims => ({
  v: 1,
  iat: Date.now(),
  by,
  ...scene.consortium.update(scene.job),
  ...changes,
});
export const update = (changes: Claims = {}, by = AGENT): Promise<string> =>
  scene.consortium.sealed('round.update', by, { ...scene.consortium.update(scene.job), ...changes });
const thumbprint = async (by: string): Promise<string> => (await scene.consortium.member(by)).member.signer.certificate;
const head = async (changes: object = {}): Promise<object> => ({
  alg: 'ES256',
  typ: 'muster.round.update',
  'x5t#S256': await thumbprint(AGENT),
  ...changes,
});

/** An envelope with one of its three parts replaced. */
async function withPart(index: 0 | 1 | 2, part: (before: string) => string): Promise<string> {
  const parts = (await update()).split('.');
  parts[index] = part(parts[index]!);
  return parts.join('.');
}

/** An enrolment in an organisation's name. */
export const enrolment = ({ by, certificate, signer }: TestIdentity): string =>
  seal('consortium.enrol', { v: 1, iat: Date.now(), by, certificate }, signer);
export const navy = (name: string, validity: { notBefore?: number; notAfter?: number }): Promise<TestIdentity> =>
  scene.navyCa.issue({ name, role: 'agent', ...validity });

/** What is wrong with an envelope, how it is refused, and how it is made; an update unless it says otherwise. */
export type Case = readonly [what: string, code: Code, make: () => Promise<string>, act?: Act];
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

export const forged: readonly Case[] = [
  ['without a signature', 'ERR_ENVELOPE_MALFORMED', () => withPart(2, () => '')],
  [
    'with the signature of another key',
    'ERR_SIGNATURE_INVALID',
    async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return seal('round.update', claimsOf(), { privateKey, certificate: await thumbprint(AGENT) });
    },
  ],
  [
    'with a signature of noughts',
    'ERR_SIGNATURE_INVALID',
    () => withPart(2, () => Buffer.alloc(64).toString('base64url')),
  ],
  [
    'with another statement’s signature',
    'ERR_SIGNATURE_INVALID',
    async () => {
      const [, , other] = (await update({ examples: 9 })).split('.');
      return withPart(2, () => other!);
    },
  ],
  ['with alg none', 'ERR_ENVELOPE_MALFORMED', async () => sealedAs(await head({ alg: 'none' }), claimsOf())],
  [
    'with alg swapped to HS256',
    'ERR_ENVELOPE_MALFORMED',
    async () => sealedAs(await head({ alg: 'HS256' }), claimsOf()),
  ],
  [
    'that brings its own key along',
    'ERR_ENVELOPE_MALFORMED',
    async () => sealedAs(await head({ jwk: {} }), claimsOf()),
  ],
  [
    'naming the certificate of another member',
    'ERR_CERTIFICATE_UNKNOWN',
    async () => sealedAs(await head({ 'x5t#S256': await thumbprint('army/agent-2') }), claimsOf()),
  ],
  [
    'naming a certificate nobody has',
    'ERR_CERTIFICATE_UNKNOWN',
    async () => sealedAs(await head({ 'x5t#S256': 'A'.repeat(43) }), claimsOf()),
  ],
  [
    'in the name of another organisation’s agent',
    'ERR_CERTIFICATE_UNKNOWN',
    async () => sealedAs(await head(), claimsOf('navy/agent-1')),
  ],
  [
    'whose jti served another statement',
    'ERR_ENVELOPE_JTI',
    () =>
      withPart(1, (payload) =>
        encode(Buffer.from(payload, 'base64url').toString().replace('"examples":10', '"examples":11')),
      ),
  ],
  ['of an unknown act', 'ERR_ENVELOPE_TYPE', async () => sealedAs(await head({ typ: 'muster.round.win' }), claimsOf())],
  ['of another act', 'ERR_ENVELOPE_TYPE', async () => sealedAs(await head({ typ: 'muster.round.close' }), claimsOf())],
  ['larger than an envelope may be', 'ERR_ENVELOPE_TOO_LARGE', () => update({ padding: 'x'.repeat(64 * 1024) })],
  ['of four parts', 'ERR_ENVELOPE_MALFORMED', async () => `${await update()}.more`],
  ['whose payload is no JSON', 'ERR_ENVELOPE_MALFORMED', () => withPart(1, () => encode('{"a":'))],
  ['whose payload has a member twice', 'ERR_ENVELOPE_MALFORMED', () => withPart(1, () => encode('{"a":1,"a":2}'))],
  ['whose payload nests ten thousand deep', 'ERR_ENVELOPE_MALFORMED', () => withPart(1, () => encode(nested(10_000)))],
  ['whose header nests ten thousand deep', 'ERR_ENVELOPE_MALFORMED', () => withPart(0, () => encode(nested(10_000)))],
  ['with stray bits in its base64url', 'ERR_ENVELOPE_MALFORMED', () => withPart(2, (part) => `${part.slice(0, -1)}_`)],
  ['by a role that does not train', 'ERR_ROLE_FORBIDDEN', () => update({}, 'army/validator')],
  ['for a job that does not exist', 'ERR_JOB_UNKNOWN', () => update({ job: '0'.repeat(32) })],
  ['for a round that does not exist', 'ERR_ROUND_UNKNOWN', () => update({ round: 2 })],
  ['on another base', 'ERR_ROUND_BASE', () => update({ base: scene.job.terms.model.digest })],
  ['of an organisation outside the job', 'ERR_JOB_OUTSIDER', () => update(scene.consortium.update(scene.pair))],
  [
    'of a larger artefact than the job takes',
    'ERR_UPDATE_LIMIT',
    () => update({ update: { ...scene.job.terms.base, size: 1_000_001 } }),
  ],
  [
    'of more examples than the job takes',
    'ERR_UPDATE_LIMIT',
    () => update({ examples: 1001, dataset: { root: scene.job.terms.base.digest, size: 2000 } }),
  ],
  ['of more examples than its data set holds', 'ERR_UPDATE_LIMIT', () => update({ examples: 11 })],
  ['of examples that are no number', 'ERR_DOCUMENT_INVALID', () => update({ examples: 'NaN' })],
  ['of less than one example', 'ERR_DOCUMENT_INVALID', () => update({ examples: -1 })],
  [
    'with a content id that is none',
    'ERR_DOCUMENT_INVALID',
    () => update({ update: { ...scene.job.terms.base, cid: '../../etc/passwd' } }),
  ],
  ['with members nobody asked for', 'ERR_DOCUMENT_INVALID', () => update({ admin: true })],
  [
    'enrolling a certificate of another CA',
    'ERR_CERTIFICATE_UNTRUSTED',
    async () => enrolment(await (await createTestCa('navy')).issue({ name: 'spy', role: 'agent' })),
    'consortium.enrol',
  ],
  [
    'enrolling an expired certificate',
    'ERR_CERTIFICATE_EXPIRED',
    async () => enrolment(await navy('old', { notBefore: Date.now() - 2 * HOUR_MS, notAfter: Date.now() - HOUR_MS })),
    'consortium.enrol',
  ],
  [
    'enrolling a certificate that is not valid yet',
    'ERR_CERTIFICATE_NOT_YET_VALID',
    async () => enrolment(await navy('young', { notBefore: Date.now() + HOUR_MS, notAfter: Date.now() + 2 * HOUR_MS })),
    'consortium.enrol',
  ],
  [
    'enrolling a role nobody has',
    'ERR_CERTIFICATE_MALFORMED',
    async () => enrolment(await scene.navyCa.issue({ name: 'king', role: 'king' })),
    'consortium.enrol',
  ],
  [
    'proposing a rule nobody knows',
    'ERR_JOB_TERMS',
    () =>
      scene.consortium.sealed('job.propose', 'army/officer', {
        terms: { ...scene.job.terms, rule: { name: 'fed-magic', options: {} } },
      }),
    'job.propose',
  ],
  [
    'proposing a job of an organisation nobody registered',
    'ERR_ORGANISATION_UNKNOWN',
    () =>
      scene.consortium.sealed('job.propose', 'army/officer', {
        terms: { ...scene.job.terms, organisations: [...scene.job.terms.organisations, 'nobody'] },
      }),
    'job.propose',
  ],
];
