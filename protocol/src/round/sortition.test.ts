// sortition: whom a round takes, and what makes the seed that decides it.

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
  POINTER,
  stated,
  TERMS,
  updateBy,
} from '../../../test/support/states.ts';
import { canonicalise } from '../bytes/canonical.ts';
import { digestOf, sha256 } from '../bytes/digest.ts';
import type { Holder } from '../envelope/holder.ts';
import type { AttestationState, JobState, RoundState } from '../ledger/state.ts';
import { abandonRound } from './abandon.ts';
import { attestRound } from './attest.ts';
import { recordCommitment } from './commit.ts';
import { finaliseRound } from './finalise.ts';
import { recordUpdate } from './record.ts';
import { commitToBeacon, isSelected, selectionSchema, unselectedBy } from './sortition.ts';

const perMille = 250;
const SELECTING: JobState = { ...APPROVED, terms: { ...TERMS, selection: { perMille } } };
const SEED = digestOf('seed');
const at = (moment: number) => ({ at: moment, transaction: 'tx' });
const agents = Array.from({ length: 4000 }, (_, i) => `navy/ship-${i}`);
const isIn = (by: string): boolean => isSelected(SELECTING.terms, { ...OPEN, seed: SEED }, by);
const [out, inside] = [agents.find((by) => !isIn(by))!, agents.find(isIn)!];

describe('a round that takes a share of the agents', () => {
  test('takes those whose hash lies below it, about as many as it says', () => {
    for (const by of agents.slice(0, 100)) {
      expect(isIn(by)).toBe(sha256(`${SEED}/${by}`).readUInt32BE() / 2 ** 32 < perMille / 1000);
    }
    // within four standard deviations of the binomial distribution
    const deviation = Math.sqrt(agents.length * 0.25 * 0.75);
    expect(Math.abs(agents.filter(isIn).length - agents.length / 4)).toBeLessThan(4 * deviation);
  });

  test('takes others with another seed, and everyone while there is none or the job selects nobody', () => {
    const again = agents.filter((by) => isSelected(SELECTING.terms, { ...OPEN, seed: digestOf('another') }, by));
    expect(again).not.toEqual(agents.filter(isIn));
    expect(isSelected(SELECTING.terms, OPEN, out)).toBe(true);
    expect(isSelected(TERMS, { ...OPEN, seed: SEED }, out)).toBe(true);
  });

  const record = (by: string) =>
    recordUpdate(SELECTING, { ...OPEN, seed: SEED }, undefined, updateBy(by), at(OPENED + 5));
  const commit = (by: string) => {
    const job = { ...SELECTING, terms: { ...SELECTING.terms, commitments: { updatesMs: 100 } } };
    const round: RoundState = { ...OPEN, phase: 'committing', commitsUntil: OPENED + 100, seed: SEED };
    const claims = { job: JOB, round: 1, of: 'update', commitment: digestOf('sealed') } as const;
    return recordCommitment(job, round, undefined, stated('round.commit', by, claims), at(OPENED + 5));
  };

  test('records updates and commitments of those it takes, and refuses others with ERR_AGENT_UNSELECTED', () => {
    expect([record(inside).receipt.by, commit(inside).receipt.by]).toEqual([inside, inside]);
    for (const attempt of [record, commit]) {
      expect(refusal(() => attempt(out))).toMatchObject({
        code: 'ERR_AGENT_UNSELECTED',
        details: { by: out, round: 1, reason: 'lot' },
      });
    }
  });
});

describe('a job that takes agents of what their certificates name', () => {
  const selection = {
    perMille: 1000,
    units: ['ship', 'aircraft'],
    dataSets: ['sonar', 'radar'],
    platforms: ['linux-arm64'],
  };
  const terms = { ...TERMS, selection };
  const fits: Holder = { unit: 'ship', dataSets: ['maps', 'radar'], platform: 'linux-arm64' };
  const record = (holder?: Holder) =>
    recordUpdate(
      { ...APPROVED, terms },
      { ...OPEN, seed: SEED },
      undefined,
      { ...updateBy('navy/ship-1'), ...(holder === undefined ? {} : { holder }) },
      at(OPENED + 5),
    );

  test('takes those that name one of each', () => {
    expect(record(fits).receipt.by).toBe('navy/ship-1');
  });

  test.each<[string, Holder | undefined, string]>([
    ['another unit', { ...fits, unit: 'depot' }, 'unit'],
    ['another data set', { ...fits, dataSets: ['maps'] }, 'data'],
    ['no data set', { unit: 'ship', platform: 'linux-arm64' }, 'data'],
    ['another platform', { ...fits, platform: 'linux-x64' }, 'platform'],
    ['no platform', { unit: 'ship', dataSets: ['radar'] }, 'platform'],
    ['nothing', undefined, 'unit'],
  ])('refuses one that names %s, and says why', (_title, holder, reason) => {
    const { code, details, message } = refusal(() => record(holder));
    expect({ code, details }).toEqual({
      code: 'ERR_AGENT_UNSELECTED',
      details: { by: 'navy/ship-1', round: 1, reason },
    });
    expect(message).toContain(reason);
  });

  test('rests whoever no lot would take either for what its certificate lacks, which no seed changes', () => {
    const lots = { ...terms, selection: { ...selection, perMille: 1 } };
    const round = { ...OPEN, seed: SEED };
    expect(unselectedBy(lots, round, out, { unit: 'depot' })).toBe('unit');
    expect(unselectedBy(lots, round, out, fits)).toBe('lot');
  });
});

describe('data sets and platforms that a job selects by', () => {
  const isGood = (selection: object): boolean => selectionSchema.safeParse({ perMille: 1000, ...selection }).success;

  test('are names, or left out', () => {
    expect([{ dataSets: ['radar'], platforms: ['linux-arm64'] }, {}].map(isGood)).toEqual([true, true]);
  });

  test.each([
    ['an empty list', { dataSets: [] }],
    ['a name twice', { platforms: ['linux-x64', 'linux-x64'] }],
    ['a name with a comma, which certificates put between names', { dataSets: ['radar,sonar'] }],
    ['a name in upper case', { platforms: ['Linux'] }],
    ['more than 64', { dataSets: Array.from({ length: 65 }, (_, i) => `set-${i}`) }],
  ])('are refused as %s', (_title, selection) => {
    expect(isGood(selection)).toBe(false);
  });
});

/** 32 bytes of an organisation for a round. */
const valueOf = (organisation: string, round: number): string => sha256(`${organisation} ${round}`).toString('hex');
const ROUND: RoundState = { ...CLOSED, round: 3, seed: SEED };

interface Said {
  reveal?: string;
  aggregate?: string;
}
function attested(organisation: string, round: number, { reveal, aggregate = 'aggregate' }: Said = {}) {
  const beacon = {
    reveal: reveal ?? valueOf(organisation, round),
    commit: commitToBeacon(valueOf(organisation, round + 1)),
  };
  const statement = attestationBy(`${organisation}/validator`, { round, beacon, aggregate: artefactOf(aggregate) });
  return attestRound(SELECTING, { ...ROUND, round }, undefined, statement, at(OPENED + 1200)).state;
}

const all = TERMS.organisations;
const before = all.map((name) => attested(name, 2));

function finalise(now: readonly (AttestationState | undefined)[], past: typeof now = before, round = ROUND) {
  const organisations = ['air', 'navy'];
  const claims = { job: JOB, round: 3, aggregate: artefactOf('aggregate').digest, organisations };
  const named = organisations.map((name) => now[all.indexOf(name)]);
  const statement = stated('round.finalise', 'navy/officer', claims);
  const beacons = { attested: now, before: past };
  const pointer = { ...POINTER, round: 3 };
  const job = { ...SELECTING, terms: { ...SELECTING.terms, rounds: 9 } };
  return finaliseRound(job, round, pointer, named, statement, 'air', at(OPENED + 1300), beacons);
}
const seedOf = (reveals: readonly string[], previous: string = SEED): string =>
  digestOf(canonicalise({ job: JOB, round: 4, before: previous, reveals }));
const current = all.map((name) => attested(name, 3));

describe('the seed of the next round', () => {
  test('is made of what all organisations had committed to, whomever the finaliser names', () => {
    const { next, round } = finalise(current);
    expect(next?.seed).toBe(seedOf(all.map((name) => valueOf(name, 3))));
    expect(round.unrevealed).toEqual([]);
  });

  test('leaves out and names who reveals another value, dissents, or is silent', () => {
    const [air, , navy] = current;
    const reveals = seedOf([valueOf('air', 3), valueOf('navy', 3)]);
    const lands = [
      attested('land', 3, { reveal: valueOf('x', 3) }),
      attested('land', 3, { aggregate: 'b' }),
      undefined,
    ];
    for (const land of lands) {
      const { next, round } = finalise([air, land, navy]);
      expect([next?.seed, round.unrevealed]).toEqual([reveals, ['land']]);
    }
  });

  test('follows from the seed before where fewer than the quorum revealed, and there is none before the first', () => {
    const [air, land] = before;
    const { next, round } = finalise(current, [air, undefined, undefined]);
    expect([next?.seed, round.unrevealed]).toEqual([seedOf([]), []]);
    const first: RoundState = { ...CLOSED, round: 3 };
    expect(finalise(current, [air, undefined, undefined], first).next).not.toHaveProperty('seed');
    expect(finalise(current, [air, land, undefined], first).next?.seed).toBe(
      seedOf([valueOf('air', 3), valueOf('land', 3)], ''),
    );
  });

  test('follows from the seed before where a round is abandoned, so that an unlucky draw is not repeated', () => {
    const round: RoundState = { ...OPEN, round: 3, seed: SEED };
    const { next } = abandonRound(SELECTING, round, POINTER, [], 'too few', at(OPENED + 1001));
    expect(next?.seed).toBe(seedOf([]));
  });
});

test.each([
  ['without a part in seeds, of a job that selects', SELECTING, {}],
  ['with a part in seeds, of a job that does not', APPROVED, { beacon: { reveal: 'a', commit: 'b' } }],
] as const)('an attestation %s is refused with ERR_ATTESTATION_MISMATCH', (_title, job, changes) => {
  const attempt = () =>
    attestRound(job, CLOSED, undefined, attestationBy('navy/validator', changes), at(OPENED + 1200));
  expect(refusal(attempt)).toMatchObject({ code: 'ERR_ATTESTATION_MISMATCH', details: { field: 'beacon' } });
});
