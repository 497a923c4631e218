// The corpus of what is signed, and of what is said about it.

import { zstdCompressSync } from 'node:zlib';
import { canonicalise } from '../../../protocol/src/bytes/canonical.ts';
import { encodeBatch } from '../../../protocol/src/envelope/batch.ts';
import { MusterError, toWire } from '../../../protocol/src/errors.ts';
import { SCORE_MAX, type ScoresTerms } from '../../../protocol/src/round/scores.ts';
import { artefactOf, attestationBy, JOB, ROOT, TERMS, updateBy } from '../states.ts';
import { common, deep, envelope, ofRound, text, THUMBPRINT, type Entries } from './given.ts';

const [head = '', payload = '', signature = ''] = envelope.split('.');
const part = (value: string): string => Buffer.from(value).toString('base64url');

const statement = (act: string, claims: object): string => `${act}\n${canonicalise(claims)}`;
const { statement: updated } = updateBy('navy/ship-1');
const { statement: attested } = attestationBy('navy/validator');

const rootUpdates = {
  ...attested.updates,
  excluded: [{ by: 'navy/validator', code: 'ERR_ARTEFACT_UNKNOWN' }],
};
const scores: ScoresTerms = { method: 'leave-one-out', examples: 500, alphaMicro: 125_000 };
const problem = { type: 'about:blank', code: 'ERR_JOB_UNKNOWN', details: { job: JOB } };

export const statements: Readonly<Record<string, Entries>> = {
  envelope: {
    'worked-example': envelope,
    'alg-none': `${part('{"alg":"none","typ":"muster.round.close"}')}.${payload}.`,
    'alg-hs256': `${part(`{"alg":"HS256","typ":"muster.round.close","x5t#S256":"${THUMBPRINT}"}`)}.${payload}.${signature}`,
    padded: `${head}=.${payload}.${signature}`,
    'stray-bits': `${head}.${payload.slice(0, -1)}B.${signature}`,
    'standard-base64': `${head}.${payload.slice(0, -1)}+.${signature}`,
    'four-parts': `${envelope}.`,
    'not-utf-8': `${head}.${Buffer.from('7b22ff223a317d', 'hex').toString('base64url')}.${signature}`,
    deep: `${head}.${part(deep(1500))}.${signature}`,
  },
  statement: {
    register: statement('consortium.register', { ...common, organisation: 'navy', roots: ['r'], certificate: 'c' }),
    enrol: statement('consortium.enrol', { ...common, certificate: 'c' }),
    revoke: statement('consortium.revoke', { ...common, name: 'ship', certificate: THUMBPRINT, reason: 'lost' }),
    propose: statement('job.propose', { ...common, terms: TERMS }),
    vote: statement('job.vote', { ...common, job: JOB, verdict: 'approve' }),
    update: statement('round.update', { ...updated, jti: THUMBPRINT }),
    commit: statement('round.commit', { ...ofRound, of: 'update', commitment: artefactOf('sealed').digest }),
    'commit-to-attestation': statement('round.commit', {
      ...ofRound,
      of: 'attestation',
      commitment: artefactOf('sealed').digest,
    }),
    'commit-to-nothing-known': statement('round.commit', {
      ...ofRound,
      of: 'constructor',
      commitment: artefactOf('sealed').digest,
    }),
    reveal: statement('round.reveal', { ...ofRound, of: 'update' }),
    'reveal-attestations': statement('round.reveal', { ...ofRound, of: 'attestation' }),
    root: statement('round.root', {
      ...ofRound,
      base: TERMS.base.digest,
      update: TERMS.base,
      metrics: { lossMicro: 1 },
    }),
    'root-of-an-agent': statement('round.root', { ...updated, jti: THUMBPRINT }),
    close: statement('round.close', ofRound),
    attest: statement('round.attest', { ...attested, jti: THUMBPRINT }),
    'attest-with-scores': statement('round.attest', { ...attested, jti: THUMBPRINT, scores: [1, -SCORE_MAX, 0] }),
    'attest-with-roots': statement('round.attest', { ...attested, jti: THUMBPRINT, rootUpdates }),
    'attest-with-odd-scores': statement('round.attest', { ...attested, jti: THUMBPRINT, scores: [0.5, SCORE_MAX + 1] }),
    finalise: statement('round.finalise', { ...ofRound, aggregate: artefactOf('a').digest, organisations: ['navy'] }),
    abandon: statement('round.abandon', { ...ofRound, reason: 'late' }),
    settle: statement('round.settle', { ...ofRound, organisation: 'navy' }),
    prototype: 'round.close\n{"__proto__":{"v":1}}',
    list: 'round.close\n[]',
  },
  terms: {
    small: text(TERMS),
    scored: text({ ...TERMS, scores }),
    rooted: text({ ...TERMS, rule: { name: 'fltrust', options: {} }, root: ROOT }),
    'root-without-end': text({ ...TERMS, root: { ...ROOT, layout: { ...ROOT.layout, shape: [2 ** 53] }, epochs: 0 } }),
    'scores-without-end': text({ ...TERMS, scores: { ...scores, examples: 2 ** 53, alphaMicro: 0 } }),
    selected: text({ ...TERMS, selection: { perMille: 500, dataSets: ['radar'], platforms: ['linux-arm64'] } }),
    'selected-by-nothing': text({ ...TERMS, selection: { perMille: 0, units: [], dataSets: ['a', 'a'] } }),
    'commitments-to-nothing': text({ ...TERMS, commitments: {} }),
    'commitments-to-both': text({ ...TERMS, commitments: { updatesMs: 100, attestationsMs: 90 * 86_400_000 } }),
    'options-deep': text({ ...TERMS, rule: { name: 'fed-avg', options: {} } }).replace(
      '"options":{}',
      `"options":{"a":${deep(40)}}`,
    ),
    overflow: text({ ...TERMS, limits: { updates: 25_000, updateBytes: 1, examples: 2 ** 31, abandoned: 0 } }),
    constructor: text({ ...TERMS, rule: { name: 'constructor', options: {} } }),
  },
  'wire-error': {
    plain: `chaincode response 500, ${toWire(new MusterError('ERR_JOB_UNKNOWN', { job: JOB }))}`,
    'details-of-others': 'MUSTER ERR_JOB_TERMS {}',
    prototype: 'MUSTER __proto__ {}',
    'details-of-null': 'MUSTER ERR_JOB_UNKNOWN null',
    deep: `MUSTER ERR_JOB_UNKNOWN ${deep(1500)}`,
  },
  problem: {
    plain: text(problem),
    'details-of-others': text({ ...problem, code: 'ERR_JOB_TERMS' }),
    'details-that-are-no-text': text({ ...problem, details: { job: { toString: 1 } } }),
    html: '<html>Bad gateway</html>',
    deep: `{"code":"ERR_JOB_UNKNOWN","details":${deep(1500)}}`,
  },
  batch: {
    alone: envelope,
    packed: encodeBatch([envelope, envelope]),
    cut: encodeBatch([envelope, envelope]).slice(0, 400),
    bomb: `zstd:${zstdCompressSync('\n'.repeat(20_000_000)).toString('base64')}`,
  },
  'chaincode-arguments': {
    plain: `job\n["${JOB}"]\n10\n`,
    many: `round\n${text(Array.from({ length: 9 }, () => 'x'))}\n200\n`,
    separators: 'job\n["a\\u0000b"]\n10\n',
    deep: `job\n${deep(1500)}\n10\n`,
  },
};
