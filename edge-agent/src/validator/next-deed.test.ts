// What a validator does next, for each sight of a round.

import type {
  AttestationState,
  CommitmentRecord,
  JobState,
  ModelState,
  RootState,
  RoundState,
  UpdateRecord,
} from '@muster/protocol';
import { describe, expect, test } from '@jest/globals';
import type { JobSight } from '../watch/index.ts';
import { largestAgreement, nameEndorsers, nextDeed, rankOf, type Naming } from './next-deed.ts';

const organisations = ['airforce', 'army', 'marines', 'navy'];

function sight(
  round: Partial<RoundState>,
  { updates = 0, attested = {} }: { updates?: number; attested?: Record<string, string> } = {},
): JobSight {
  const terms = { organisations, participation: { minimum: 2, complete: 4 }, quorum: { attestations: 3 } };
  const attestations = Object.entries(attested).map(
    ([organisation, digest]) =>
      ({
        organisation,
        at: 700,
        base: 'b',
        updates: {},
        excluded: [],
        aggregate: { digest },
      }) as unknown as AttestationState,
  );
  return {
    job: { job: 'j', terms } as unknown as JobState,
    model: {} as ModelState,
    round: { round: 1, phase: 'open', openedAt: 100, updatesUntil: 1000, ...round } as RoundState,
    updates: Array.from({ length: updates }, (_, i) => ({ by: `army/agent-${i}` }) as UpdateRecord),
    attestations,
  };
}

describe('an open round', () => {
  test('closes as soon as all hoped-for updates are in', () => {
    expect(nextDeed(sight({}, { updates: 4 }), 'army', 600)).toEqual({ kind: 'close', from: 100 });
  });

  test('closes at the end of its window with enough updates', () => {
    expect(nextDeed(sight({}, { updates: 2 }), 'army', 600)).toEqual({ kind: 'close', from: 1000 });
  });

  test('with root data waits for as many root updates as attestations, and is abandoned without them', () => {
    const of = (updates: number, roots: number): JobSight => {
      const { job, ...rest } = sight({}, { updates });
      const terms = { ...job.terms, root: {} } as JobState['terms'];
      return { ...rest, job: { ...job, terms }, roots: Array.from({ length: roots }, () => ({}) as RootState) };
    };
    expect(nextDeed(of(4, 3), 'army', 600)).toEqual({ kind: 'close', from: 100 });
    expect(nextDeed(of(4, 2), 'army', 600)).toEqual({
      kind: 'abandon',
      from: 1001,
      reason: '2 root updates in the window, 3 are needed',
    });
    expect(nextDeed(of(1, 3), 'army', 600)).toMatchObject({
      kind: 'abandon',
      reason: '1 updates in the window, 2 are needed',
    });
  });

  test('is abandoned after its window with too few updates', () => {
    expect(nextDeed(sight({}, { updates: 1 }), 'army', 600)).toMatchObject({ kind: 'abandon', from: 1001 });
  });
});

describe('a committing round', () => {
  const committing = { phase: 'committing', commitsUntil: 500 } as const;
  const committed = (count: number): JobSight => ({
    ...sight(committing),
    commitments: Array.from({ length: count }, (_, i) => ({ by: `army/agent-${i}` }) as CommitmentRecord),
  });

  test('is revealed as soon as all hoped-for commitments are in', () => {
    expect(nextDeed(committed(4), 'army', 600)).toEqual({ kind: 'reveal', of: 'update', from: 100 });
  });

  test('is revealed at the end of its window with enough commitments', () => {
    expect(nextDeed(committed(2), 'army', 600)).toEqual({ kind: 'reveal', of: 'update', from: 500 });
  });

  test('is abandoned after its window with too few', () => {
    expect(nextDeed(committed(1), 'army', 600)).toMatchObject({ kind: 'abandon', from: 501 });
    expect(nextDeed(sight(committing), 'army', 600)).toMatchObject({ kind: 'abandon', from: 501 });
  });

  test('once open, closes when all that committed have revealed', () => {
    const revealed = { commitments: { count: 3, root: 'r' }, revealedAt: 600 };
    expect(nextDeed(sight(revealed, { updates: 3 }), 'army', 600)).toEqual({ kind: 'close', from: 600 });
  });
});

describe('a closed round', () => {
  const closed = { phase: 'closed', closedAt: 500, attestationsUntil: 2000 } as const;

  test('is attested by whoever has not', () => {
    expect(nextDeed(sight(closed, { attested: { navy: 'a' } }), 'army', 600)).toEqual({ kind: 'attest', from: 500 });
  });

  test('is finalised at once when all agree', () => {
    const attested = { navy: 'a', army: 'a', airforce: 'a', marines: 'a' };
    expect(nextDeed(sight(closed, { attested }), 'army', 600)).toMatchObject({
      kind: 'finalise',
      from: 500,
      organisations,
    });
  });

  test('is finalised by the agreeing ones, named in order, a moment after the last of them', () => {
    const attested = { navy: 'a', army: 'a', airforce: 'b', marines: 'a' };
    expect(nextDeed(sight(closed, { attested }), 'army', 600)).toEqual({
      kind: 'finalise',
      from: 1200,
      aggregate: 'a',
      organisations: ['army', 'marines', 'navy'],
    });
  });

  test('is left to the others by a dissenter', () => {
    const attested = { navy: 'a', army: 'a', airforce: 'b', marines: 'a' };
    expect(nextDeed(sight(closed, { attested }), 'airforce', 600)).toEqual({ kind: 'wait' });
  });

  test('is abandoned once its window is over by those too who could not attest', () => {
    expect(nextDeed(sight(closed), 'army', 2001)).toMatchObject({ kind: 'abandon', from: 2001 });
  });

  test('is abandoned once its window is over without agreement', () => {
    const attested = { navy: 'a', army: 'a', airforce: 'b' };
    expect(nextDeed(sight(closed, { attested }), 'army', 600)).toEqual({
      kind: 'abandon',
      from: 2001,
      reason: '2 attestations agree, 3 are needed',
    });
  });
});

describe('a closed round whose attestations are committed to', () => {
  const sealing = { phase: 'closed', closedAt: 500, attestationCommitsUntil: 900, attestationsUntil: 2000 } as const;
  const asked = (view: JobSight): JobSight => ({
    ...view,
    job: { ...view.job, terms: { ...view.job.terms, commitments: { attestationsMs: 400 } } },
  });
  const committed = (...names: readonly string[]): JobSight => ({
    ...asked(sight(sealing)),
    commitments: names.map((name) => ({ of: 'attestation', by: `${name}/validator` }) as CommitmentRecord),
  });

  test('is committed to by whoever has not, while the window lasts', () => {
    expect(nextDeed(committed('navy'), 'army', 900)).toEqual({ kind: 'commit', from: 500 });
    expect(nextDeed(committed('navy'), 'army', 901)).toMatchObject({ kind: 'abandon', from: 901 });
  });

  test('is revealed as soon as every organisation has committed', () => {
    const all = committed(...organisations);
    expect(nextDeed(all, 'army', 600)).toEqual({ kind: 'reveal', of: 'attestation', from: 500 });
  });

  test('is revealed at the end of its window with as many as a model needs, and abandoned with fewer', () => {
    expect(nextDeed(committed('army', 'navy'), 'army', 600)).toEqual({ kind: 'reveal', of: 'attestation', from: 900 });
    expect(nextDeed(committed('army'), 'army', 600)).toEqual({
      kind: 'abandon',
      from: 901,
      reason: '1 organisations committed to their attestations, 2 are needed',
    });
  });

  const attested = { navy: 'a', army: 'a', airforce: 'a' };
  const revealed = (...independent: readonly string[]): JobSight => {
    const view = asked(sight({ ...sealing, attestationsRevealedAt: 600 }, { attested }));
    const attestations = view.attestations.map((each) => ({
      ...each,
      independent: independent.includes(each.organisation),
    }));
    return { ...view, attestations };
  };

  test('once revealed, is finalised by a quorum of which enough are independent', () => {
    expect(nextDeed(revealed('navy', 'army'), 'army', 800)).toMatchObject({ kind: 'finalise', from: 1200 });
  });

  test('once revealed, is not finalised by a quorum of which too few are', () => {
    expect(nextDeed(revealed('navy'), 'army', 800)).toEqual({
      kind: 'abandon',
      from: 2001,
      reason: '1 of those that agree are independent, 2 are needed',
    });
    expect(nextDeed(revealed('navy'), 'marines', 800)).toMatchObject({ kind: 'attest' });
  });
});

test('a finished round needs nothing', () => {
  expect(nextDeed(sight({ phase: 'finalised' }), 'army', 600)).toEqual({ kind: 'wait' });
});

test('the largest agreement is found among several', () => {
  const { attestations } = sight({}, { attested: { navy: 'a', army: 'b', airforce: 'b' } });
  expect(largestAgreement(attestations).map(({ organisation }) => organisation)).toEqual(['army', 'airforce']);
});

test('organisations take turns by round', () => {
  const ranks = (round: number): number[] => organisations.map((name) => rankOf(sight({ round }), name));
  expect(ranks(1)).toEqual([3, 0, 1, 2]);
  expect(ranks(2)).toEqual([2, 3, 0, 1]);
});

describe('endorsers', () => {
  const knowing = (failures: number, ...silent: readonly string[]): Naming => {
    return { own: 'navy', needed: 3, failures, silent };
  };

  test('are all who agree at first', () => {
    expect(nameEndorsers(organisations, knowing(0))).toEqual(organisations);
  });

  test('are m at a time after a failure, always with oneself, every other one left out in turn', () => {
    const named = [1, 2, 3].map((failures) => nameEndorsers(organisations, knowing(failures)));
    expect(named).toEqual([
      ['airforce', 'army', 'navy'],
      ['army', 'marines', 'navy'],
      ['airforce', 'marines', 'navy'],
    ]);
  });

  test('are those who answered lately, as long as they are enough', () => {
    expect(nameEndorsers(organisations, knowing(1, 'army'))).toEqual(['airforce', 'marines', 'navy']);
    expect(nameEndorsers(organisations, knowing(0, 'army', 'marines'))).toEqual(organisations);
    expect(nameEndorsers(organisations, knowing(1, 'army', 'marines'))).toEqual(['airforce', 'army', 'navy']);
  });

  test('are others where the own peer is the silent one', () => {
    expect(nameEndorsers(organisations, knowing(1, 'navy'))).toEqual(['airforce', 'army', 'marines']);
    const five = [...organisations, 'spaceforce'];
    expect(nameEndorsers(five, knowing(2, 'navy'))).toEqual(['army', 'marines', 'spaceforce']);
  });
});
