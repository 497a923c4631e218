// settle: what scores make of a reputation, round by round, and what is refused.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { APPROVED, attestationBy, CLOSED, OPEN, OPENED, PAGES, stated, TERMS } from '../../../test/support/states.ts';
import type { AttestationState, JobState, ReputationState, RoundState, Standing } from '../ledger/state.ts';
import { attestRound } from './attest.ts';
import { keepLatest, moveReputation, REPUTATIONS_PER_PAGE } from './reputation.ts';
import { lowerMedian, medianScores, normaliseScores, scoreIssues, type ScoresTerms } from './scores.ts';
import { settleRound } from './settle.ts';

const scores: ScoresTerms = { method: 'loss-difference', examples: 10, alphaMicro: 125_000 };
const SCORED: JobState = { ...APPROVED, terms: { ...TERMS, scores, participation: { minimum: 1, complete: 3 } } };
const AT = OPENED + 1300;
const ENDED: RoundState = { ...CLOSED, phase: 'finalised', attestedBy: ['air', 'navy'], finalisedAt: AT };
const moment = { at: AT + 1, transaction: 'tx' };

/** air/plane-1, navy/ship-1, navy/ship-2, less those excluded; undefined has no opinion. */
function attestation(organisation: string, told?: number[], excluded: AttestationState['excluded'] = []) {
  const by = attestationBy(`${organisation}/validator`, { ...(told && { scores: told }), excluded });
  return attestRound(SCORED, CLOSED, undefined, by, { at: OPENED + 1200, transaction: 'tx' }).state;
}

function settle({
  job = SCORED,
  round = ENDED,
  attestations = [attestation('air', [100, 50, -25]), attestation('navy', [200, 60, -20])],
  held = [] as ReputationState[],
  organisation = 'navy',
  at = moment.at,
} = {}) {
  const asked = stated('round.settle', 'air/validator', { job: job.job, round: round.round, organisation });
  return settleRound(job, round, { pages: PAGES, attestations }, held, asked, { ...moment, at });
}

describe('settling a round', () => {
  test('moves each agent of the organisation by its median score, in relation to the round’s best', () => {
    const { pages, events } = settle();
    // lower medians 100, 50, −25 of all; in relation to 100; an eighth of it is the first step
    expect(pages).toEqual([
      {
        v: 1,
        job: SCORED.job,
        organisation: 'navy',
        round: 1,
        agents: {
          'ship-1': { reputationMicro: 62_500, scoreMicro: 500_000, rounds: 1, round: 1 },
          'ship-2': { reputationMicro: -31_250, scoreMicro: -250_000, rounds: 1, round: 1 },
        },
      },
    ]);
    const agents = [
      { by: 'navy/ship-1', outcome: 'counted', medianMicro: 50, reputationMicro: 62_500 },
      { by: 'navy/ship-2', outcome: 'counted', medianMicro: -25 },
    ];
    expect(events).toMatchObject([{ type: 'round.settled', data: { organisation: 'navy', round: 1, agents } }]);
  });

  test('costs most where an update was left out by its agent’s fault, and nothing where its bytes were missing', () => {
    const excluded = [
      { by: 'navy/ship-1', code: 'ERR_ARTEFACT_UNKNOWN' },
      { by: 'navy/ship-2', code: 'ERR_TENSORS_MALFORMED' },
    ];
    const { pages, events } = settle({ attestations: [attestation('air', [5], excluded)] });
    expect(pages[0]!.agents).toEqual({
      'ship-2': { reputationMicro: -125_000, scoreMicro: -1_000_000, rounds: 1, round: 1 },
    });
    const agents = [
      { by: 'navy/ship-1', outcome: 'unavailable', code: 'ERR_ARTEFACT_UNKNOWN', reputationMicro: 0, rounds: 0 },
      { by: 'navy/ship-2', outcome: 'excluded', code: 'ERR_TENSORS_MALFORMED' },
    ];
    expect(events).toMatchObject([{ data: { agents } }]);
    const copied = [{ by: 'air/plane-1', code: 'ERR_UPDATE_COPIED' }];
    const air = settle({ attestations: [attestation('air', [5, 4], copied)], organisation: 'air' });
    expect(air.pages[0]!.agents['plane-1']).toMatchObject({ scoreMicro: -1_000_000 });
  });

  test('goes on from the round before, and moves nobody where a round was abandoned', () => {
    const { pages } = settle();
    const round: RoundState = { ...OPEN, round: 2, phase: 'abandoned', abandonedAt: AT };
    const after = settle({ held: pages, round, attestations: [] }).pages;
    expect(after).toEqual([{ ...pages[0], round: 2 }]);
    const third = settle({ held: after, round: { ...ENDED, round: 3 } }).pages;
    expect(third[0]!.agents['ship-1']).toMatchObject({ reputationMicro: 117_188, rounds: 2, round: 3 });
  });

  test('hears who scored where that is more than half, and moves nobody by fewer', () => {
    const [air, silent] = [attestation('air', [100, 50, -25]), attestation('navy')];
    const two = settle({ attestations: [air, silent] });
    expect(two.pages[0]).toMatchObject({ round: 1, agents: {} });
    const agents = [
      { by: 'navy/ship-1', outcome: 'unscored', reputationMicro: 0, rounds: 0 },
      { by: 'navy/ship-2', outcome: 'unscored' },
    ];
    expect(two.events).toMatchObject([{ data: { agents } }]);
    const three = settle({ attestations: [air, silent, attestation('land', [100, 50, -25])] });
    expect(three.pages[0]!.agents['ship-1']).toMatchObject({ scoreMicro: 500_000 });
    // what is told after others were shown may be copied
    const late = { ...attestation('land', [100, 50, -25]), independent: false };
    expect(settle({ attestations: [air, late] }).pages[0]!.agents).toEqual({});
    // whose own fault it was needs no scores
    const excluded = [{ by: 'navy/ship-2', code: 'ERR_UPDATE_LAYOUT' }];
    const left = settle({ attestations: [attestation('air', undefined, excluded)] });
    expect(left.pages[0]!.agents).toEqual({ 'ship-2': expect.objectContaining({ scoreMicro: -1_000_000 }) });
  });

  test('costs most where an agent committed and did not reveal, in a round that was abandoned too', () => {
    const withheld = ['air/plane-7', 'navy/ship-0'];
    const { pages, events } = settle({ round: { ...ENDED, withheld } });
    expect(pages[0]!.agents['ship-0']).toEqual({
      ...{ reputationMicro: -125_000, scoreMicro: -1_000_000, rounds: 1, round: 1 },
    });
    const of = [{ by: 'navy/ship-0', outcome: 'withheld' }, { by: 'navy/ship-1' }, { by: 'navy/ship-2' }];
    expect(events).toMatchObject([{ data: { agents: of } }]);
    const abandoned: RoundState = { ...CLOSED, phase: 'abandoned', abandonedAt: AT, withheld };
    expect(Object.keys(settle({ round: abandoned, attestations: [] }).pages[0]!.agents)).toEqual(['ship-0']);
  });

  const first = settle().pages;
  const cases: [string, string, () => unknown][] = [
    ['of a job without scores', 'ERR_JOB_UNSCORED', () => settle({ job: APPROVED })],
    ['for an outsider', 'ERR_JOB_OUTSIDER', () => settle({ organisation: 'space' })],
    ['that has not ended', 'ERR_ROUND_PHASE', () => settle({ round: CLOSED })],
    ['before it ended', 'ERR_ROUND_EARLY', () => settle({ at: AT - 1 })],
    ['a second time', 'ERR_ROUND_SETTLED', () => settle({ held: first })],
    ['before an earlier one', 'ERR_ROUND_UNSETTLED', () => settle({ round: { ...ENDED, round: 2 } })],
  ];
  test.each(cases)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });

  test('an attestation is refused with scores of some accepted updates only, and with scores nobody asked for', () => {
    expect(refusal(() => attestation('air', [1])).code).toBe('ERR_ATTESTATION_MISMATCH');
    const unasked = attestationBy('air/validator', { scores: [1, 2, 3] });
    const at = { at: OPENED + 1200, transaction: 'tx' };
    const attempt = (): unknown => attestRound(APPROVED, CLOSED, undefined, unasked, at);
    expect(refusal(attempt)).toMatchObject({ code: 'ERR_ATTESTATION_MISMATCH', details: { field: 'scores' } });
  });
});

describe('scores', () => {
  test('are the lower median, without an organisation’s own where three others speak', () => {
    expect([lowerMedian([3]), lowerMedian([4, 1]), lowerMedian([9, 1, 5])]).toEqual([3, 1, 5]);
    const say = (organisation: string, score: number) => ({ organisation, scores: [score] });
    const others = [say('air', 1), say('land', 2), say('space', 3)] as const;
    expect(medianScores(['navy'], [say('navy', 99), ...others])).toEqual([2]);
    expect(medianScores(['navy'], [say('navy', 99), others[0], others[1]])).toEqual([2]);
  });

  test('are told in relation to the best, and where none helped to the most harmful', () => {
    expect(normaliseScores([0, 0])).toEqual([0, 0]);
    expect(normaliseScores([200, 50, -20])).toEqual([1_000_000, 250_000, -100_000]);
    expect(normaliseScores([-40, -10, 0])).toEqual([-1_000_000, -250_000, 0]);
    // one that ruins everything leaves the others as they are
    expect(normaliseScores([200, 50, -1_000_000_000])).toEqual([1_000_000, 250_000, -1_000_000]);
  });

  test('keep their order and their sign, within ±10^6, when they are told in relation', () => {
    const score = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 9 }), (medians) => {
        const told = normaliseScores(medians);
        told.forEach((micro, i) => {
          expect(Number.isInteger(micro) && Math.abs(micro) <= 1_000_000).toBe(true);
          expect(micro * Math.sign(medians[i]!)).toBeGreaterThanOrEqual(0);
          medians.forEach((other, j) => expect(other >= medians[i]! ? told[j]! >= micro : true).toBe(true));
        });
      }),
    );
  });

  test('are refused in terms where too many updates, or too few, would be scored', () => {
    const issues = (rule: string, method: ScoresTerms['method'], from: number, to: number): string[] => {
      const options = rule === 'median' ? { maliciousPercent: 40 } : {};
      const terms = { rule: { name: rule, options }, scores: { ...scores, method } };
      return scoreIssues(terms, from, to).map(({ field }) => field);
    };
    expect(scoreIssues({ rule: TERMS.rule }, 1, 1)).toEqual([]);
    expect(issues('fed-avg', 'loss-difference', 1, 2048)).toEqual([]);
    expect(issues('fed-avg', 'loss-difference', 1, 2049)).toEqual(['scores']);
    expect(issues('fed-avg', 'leave-one-out', 2, 2048)).toEqual([]);
    expect(issues('fed-avg', 'leave-one-out', 1, 8)).toEqual(['scores.method']);
    expect(issues('median', 'leave-one-out', 10, 65)).toEqual(['scores']);
    expect(issues('median', 'leave-one-out', 5, 5)).toEqual(['scores.method']);
    expect(issues('median', 'leave-one-out', 1, 3)).toEqual(['scores.method']);
  });
});

describe('a reputation', () => {
  const micro = fc.integer({ min: -1_000_000, max: 1_000_000 });
  const alpha = fc.integer({ min: 1, max: 1_000_000 });

  test('stays between what it was and the score, and is the score’s mirror image', () => {
    fc.assert(
      fc.property(micro, micro, alpha, (before, score, weight) => {
        const after = moveReputation(before, score, weight);
        expect(Number.isInteger(after)).toBe(true);
        expect(after).toBeGreaterThanOrEqual(Math.min(before, score));
        expect(after).toBeLessThanOrEqual(Math.max(before, score));
        expect(moveReputation(0 - before, 0 - score, weight)).toBe(0 - after);
      }),
    );
  });

  test('is never lower for a higher score or a higher reputation before', () => {
    fc.assert(
      fc.property(micro, micro, micro, alpha, (a, b, other, weight) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(moveReputation(other, low, weight)).toBeLessThanOrEqual(moveReputation(other, high, weight));
        expect(moveReputation(low, other, weight)).toBeLessThanOrEqual(moveReputation(high, other, weight));
      }),
    );
  });

  test('that was longest not settled makes room on a full page', () => {
    const standing = (round: number): Standing => ({ reputationMicro: 1, scoreMicro: 1, rounds: 1, round });
    const names = Array.from({ length: REPUTATIONS_PER_PAGE + 1 }, (_, i) => `agent-${i}`);
    const agents = Object.fromEntries(names.map((name, i) => [name, standing(i === 5 ? 1 : 2)]));
    const kept = keepLatest(agents);
    expect(Object.keys(kept)).toHaveLength(REPUTATIONS_PER_PAGE);
    expect(kept).not.toHaveProperty('agent-5');
  });
});
