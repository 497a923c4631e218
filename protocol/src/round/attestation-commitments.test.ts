// commit, reveal, attest, finalise where attestations are committed to: nothing to copy before all have committed.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import {
  APPROVED,
  artefactOf,
  attestationBy,
  CLOSED,
  JOB,
  OPEN,
  OPENED,
  PAGES,
  POINTER,
  stated,
  TERMS,
} from '../../../test/support/states.ts';
import { digestOf } from '../bytes/digest.ts';
import { envelopeDigest } from '../envelope/envelope.ts';
import type { AttestationCommitmentState, AttestationState, JobState, RoundState } from '../ledger/state.ts';
import type { Stated } from '../statements.ts';
import { abandonRound } from './abandon.ts';
import { attestRound } from './attest.ts';
import { closeRound } from './close.ts';
import { recordAttestationCommitment } from './commit-attestation.ts';
import { finaliseRound } from './finalise.ts';
import { independentNeeded } from './independence.ts';
import { revealAttestations } from './reveal-attestations.ts';

const SEALED: JobState = { ...APPROVED, terms: { ...TERMS, commitments: { attestationsMs: 300 } } };
const { state: SEALING } = closeRound(SEALED, OPEN, PAGES, { at: OPENED + 1000, transaction: 'tx' });
const at = (moment: number, transaction = 'tx-1') => ({ at: moment, transaction });

const commitmentBy = (
  by: string,
  commitment = envelopeDigest(attestationBy(by).envelope),
  iat = 1,
): Stated<'round.commit'> => stated('round.commit', by, { job: JOB, round: 1, of: 'attestation', commitment, iat });

interface Commit {
  by?: string;
  job?: JobState;
  round?: RoundState;
  held?: AttestationCommitmentState;
  commitment?: string;
}
const commit = (
  moment: number,
  { by = 'navy/validator', job = SEALED, round = SEALING, held, commitment }: Commit = {},
) => recordAttestationCommitment(job, round, held, commitmentBy(by, commitment), at(moment));

const committed = (organisation: string): AttestationCommitmentState =>
  commit(OPENED + 1010, { by: `${organisation}/validator` }).state;
const [AIR, LAND, NAVY] = [committed('air'), committed('land'), committed('navy')];
const reveal = (moment: number, commitments = [AIR, LAND, NAVY] as (typeof AIR | undefined)[], round = SEALING) =>
  revealAttestations(SEALED, round, commitments, at(moment));
const REVEALED = reveal(OPENED + 1020).state;

test('a round whose attestations are committed to is closed with a window for each', () => {
  expect(SEALING).toMatchObject({ attestationCommitsUntil: OPENED + 1300, attestationsUntil: OPENED + 1800 });
});

describe('a commitment to an attestation', () => {
  test('is recorded as its organisation’s, with a receipt', () => {
    const { state, receipt, record } = commit(OPENED + 1005);
    expect(receipt).toEqual({ jti: 'jti of navy/validator', by: 'navy/validator', ...at(OPENED + 1005) });
    const { certificate, of, ...entry } = record!;
    expect([certificate, of]).toEqual(['certificate of navy/validator', 'attestation']);
    expect(state).toEqual({ v: 1, organisation: 'navy', ...entry });
  });

  test('again gives the first receipt, even once attestations are revealed', () => {
    const { receipt, record } = commit(OPENED + 1030, { held: NAVY, round: REVEALED });
    expect(receipt).toMatchObject({ ...at(OPENED + 1010), duplicate: true });
    expect(record).toBeUndefined();
  });

  test.each([
    ['to a job without any', 'ERR_COMMITMENT_UNASKED', () => commit(OPENED + 1005, { job: APPROVED, round: CLOSED })],
    ['by an outsider', 'ERR_JOB_OUTSIDER', () => commit(OPENED + 1005, { by: 'space/validator' })],
    [
      'to another attestation',
      'ERR_COMMITMENT_DUPLICATE',
      () => commit(OPENED + 1005, { held: NAVY, commitment: digestOf('x') }),
    ],
    ['while updates are recorded', 'ERR_ROUND_PHASE', () => commit(OPENED + 1005, { round: OPEN })],
    ['once attestations are revealed', 'ERR_ROUND_PHASE', () => commit(OPENED + 1030, { round: REVEALED })],
    ['of an ended job', 'ERR_JOB_STATUS', () => commit(OPENED + 1005, { job: { ...SEALED, status: 'failed' } })],
    ['dated before the close', 'ERR_ROUND_EARLY', () => commit(OPENED + 999)],
    ['after its window', 'ERR_ROUND_LATE', () => commit(OPENED + 1301)],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

describe('revealing attestations', () => {
  test('names who committed, and begins their window', () => {
    const { state, events } = reveal(OPENED + 1020);
    expect(events).toEqual([{ type: 'round.revealed', data: state }]);
    expect(state).toMatchObject({
      phase: 'closed',
      attestationsRevealedAt: OPENED + 1020,
      attestationsUntil: OPENED + 1520,
      committedBy: ['air', 'land', 'navy'],
    });
  });

  test('waits for the window of those who have not committed', () => {
    expect(reveal(OPENED + 1300, [AIR, undefined, NAVY]).state.committedBy).toEqual(['air', 'navy']);
  });

  test.each([
    ['with one missing in the window', 'ERR_ROUND_EARLY', () => reveal(OPENED + 1299, [AIR, undefined, NAVY])],
    ['dated before the last commitment', 'ERR_ROUND_EARLY', () => reveal(OPENED + 1009)],
    ['with too few to finalise', 'ERR_QUORUM_SHORT', () => reveal(OPENED + 1300, [AIR, undefined, undefined])],
    ['a second time', 'ERR_ROUND_PHASE', () => reveal(OPENED + 1030, [AIR, LAND, NAVY], REVEALED)],
    [
      'of a job without commitments to them',
      'ERR_COMMITMENT_UNASKED',
      () => revealAttestations(APPROVED, CLOSED, [], at(OPENED + 1020)),
    ],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });

  test('tells of a round whose attestations are revealed already', () => {
    expect(refusal(() => reveal(OPENED + 1030, [AIR, LAND, NAVY], REVEALED)).details).toMatchObject({
      phase: 'closed, its attestations revealed',
      expected: 'closed, its attestations being committed to',
    });
  });
});

interface Attest {
  round?: RoundState;
  existing?: AttestationState;
  held?: AttestationCommitmentState | undefined;
  changes?: Parameters<typeof attestationBy>[1];
}
const attest = (organisation: string, moment: number, { round = REVEALED, existing, held, changes }: Attest = {}) =>
  attestRound(SEALED, round, existing, attestationBy(`${organisation}/validator`, changes), at(moment), held).state;
const OWN = attest('navy', OPENED + 1040, { held: NAVY });

describe('an attestation that was committed to', () => {
  test('is independent, and without the job’s asking nothing is said of that', () => {
    expect(OWN.independent).toBe(true);
    const plain = attestRound(APPROVED, CLOSED, undefined, attestationBy('navy/validator'), at(OPENED + 1100)).state;
    expect(plain).not.toHaveProperty('independent');
  });

  test('is dependent where its organisation committed to nothing', () => {
    expect(attest('navy', OPENED + 1040).independent).toBe(false);
  });

  test('is dependent where it replaces another', () => {
    const changes = { iat: 2, jti: 'newer' };
    expect(attest('navy', OPENED + 1050, { held: NAVY, existing: OWN, changes }).independent).toBe(false);
  });

  const other = { ...NAVY, commitment: digestOf('another') };
  test.each([
    ['shown while others commit', 'ERR_ROUND_PHASE', () => attest('navy', OPENED + 1040, { round: SEALING })],
    ['dated before attestations are revealed', 'ERR_ROUND_EARLY', () => attest('navy', OPENED + 1019)],
    ['other than the committed one', 'ERR_COMMITMENT_MISMATCH', () => attest('navy', OPENED + 1040, { held: other })],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

describe('a model', () => {
  const aggregate = artefactOf('aggregate');
  const finalise = (...attestations: readonly AttestationState[]) => {
    const organisations = attestations.map(({ organisation }) => organisation);
    const claims = { job: JOB, round: 1, aggregate: aggregate.digest, organisations };
    const statement = stated('round.finalise', 'navy/officer', claims);
    return finaliseRound(SEALED, REVEALED, POINTER, attestations, statement, 'navy', at(OPENED + 1100)).round;
  };
  const [air, lazy] = [attest('air', OPENED + 1040, { held: AIR }), attest('land', OPENED + 1040)];

  test('names those among the agreeing whose attestations are dependent', () => {
    expect(finalise(air, OWN)).toMatchObject({ attestedBy: ['air', 'navy'], dependent: [] });
    expect(finalise(air, lazy, OWN)).toMatchObject({ attestedBy: ['air', 'land', 'navy'], dependent: ['land'] });
  });

  test('is not made by a quorum of which too few are independent: ERR_QUORUM_SHORT', () => {
    expect(refusal(() => finalise(lazy, OWN))).toMatchObject({
      code: 'ERR_QUORUM_SHORT',
      details: { of: 'independent attestations', count: 1, needed: 2 },
    });
  });

  const organisationsOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `o${i}`);
  const needed = (n: number, attestations: number): number =>
    independentNeeded({ organisations: organisationsOf(n), quorum: { approvals: 1, attestations } });

  test('needs one independent attestation more than organisations may be absent or lie', () => {
    expect([needed(4, 3), needed(7, 5), needed(4, 4), needed(5, 3), needed(3, 2), needed(1, 1)]).toEqual([
      2, 3, 2, 3, 2, 1,
    ]);
  });

  test('never needs more than its quorum', () => {
    for (let n = 1; n <= 64; n++) {
      for (let m = Math.floor(n / 2) + 1; m <= n; m++) expect(needed(n, m)).toBeLessThanOrEqual(m);
    }
  });
});

describe('a round without enough commitments to attestations', () => {
  const abandon = (moment: number, commitments: (typeof AIR | undefined)[], round = SEALING) =>
    abandonRound(SEALED, round, POINTER, commitments, 'too few', at(moment)).round.phase;

  test('is abandoned when their window is over', () => {
    expect(abandon(OPENED + 1301, [AIR, undefined, undefined])).toBe('abandoned');
  });

  test('is abandoned when they are revealed and no quorum agrees in time', () => {
    expect(abandon(OPENED + 1521, [], REVEALED)).toBe('abandoned');
  });

  test.each([
    ['in their window', 'ERR_ROUND_EARLY', () => abandon(OPENED + 1300, [AIR])],
    ['with enough of them to reveal', 'ERR_ROUND_PHASE', () => abandon(OPENED + 1301, [AIR, undefined, NAVY])],
    ['in the window for attestations', 'ERR_ROUND_EARLY', () => abandon(OPENED + 1520, [], REVEALED)],
  ] as const)('is not abandoned %s: %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});
