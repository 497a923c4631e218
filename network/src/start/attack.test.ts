// Attacked jobs as `muster start` plans and tells them.
import { describe, expect, test } from '@jest/globals';
import { planNetwork, type OrganisationPlan } from '../derive/plan.ts';
import { readDescription } from '../description.ts';
import { chooseMalicious } from './attack.ts';
import type { RoundReport } from './follow-job.ts';
import { parseStartOptions, startDefaults } from './options.ts';
import { attackedLine, outcomeLine, ruleName } from './show-attack.ts';

const organisationsOf = (agentsPerOrganisation: number): readonly OrganisationPlan[] =>
  planNetwork(readDescription(), { organisations: 4, agentsPerOrganisation, state: '/nowhere' }).organisations;

describe('malicious agents', () => {
  test('are a share of all, as even over the organisations as it goes, and the same for the same seed', () => {
    const malicious = chooseMalicious(organisationsOf(10), 0.4, 1);
    expect(new Set(malicious).size).toBe(16);
    const counts = [...Map.groupBy(malicious, (by) => by.split('/')[0]).values()].map(({ length }) => length);
    expect(counts).toEqual([4, 4, 4, 4]);
    expect(chooseMalicious(organisationsOf(10), 0.4, 1)).toEqual(malicious);
    expect(chooseMalicious(organisationsOf(10), 0.4, 2)).not.toEqual(malicious);
    expect(chooseMalicious(organisationsOf(2), 0.3, 1)).toHaveLength(2);
  });

  test('are not nobody, and not everybody', () => {
    for (const share of [0.01, 0.99]) {
      const choose = (): string[] => chooseMalicious(organisationsOf(2), share, 1);
      expect(choose).toThrow(expect.objectContaining({ code: 'ERR_DOCUMENT_INVALID' }));
    }
  });
});

describe('options of an attacked job', () => {
  const parsed = (given: object): ReturnType<typeof parseStartOptions> =>
    parseStartOptions({ ...startDefaults, rule: 'fed-avg', ...given });

  test('name an attack, a share, or both; without either nobody attacks', () => {
    expect(parsed({}).attack).toBeUndefined();
    expect(parsed({ malicious: '0.2' }).attack).toEqual({ name: 'sign-flip', share: 0.2 });
    expect(parsed({ attack: 'ipm' }).attack).toEqual({ name: 'ipm', share: 0.3 });
  });

  test('tell a robust rule the share, unless it is told otherwise, and at most what it can be told', () => {
    const ruleOf = (given: object): unknown => parsed({ rule: 'median', attack: 'ipm', ...given }).rule.options;
    expect(ruleOf({ malicious: '0.25' })).toEqual({ maliciousPercent: 25 });
    expect(ruleOf({ malicious: '0.8', before: 'nnm' })).toEqual({ maliciousPercent: 49, before: ['nnm'] });
    expect(ruleOf({ ruleOption: { maliciousPercent: '10' } })).toEqual({ maliciousPercent: 10 });
    const along = ruleOf({ rule: 'fed-adam', ruleOption: { of: 'median' } });
    expect(along).toEqual({ of: { name: 'median', options: { maliciousPercent: 30 } } });
    expect(ruleOf({ rule: 'fed-avg' })).toEqual({});
  });

  test.each([{ attack: 'magic' }, { malicious: '0' }, { malicious: '1' }, { rule: 'dice' }])('refuse %j', (given) => {
    expect(() => parsed(given)).toThrow(expect.objectContaining({ code: 'ERR_DOCUMENT_INVALID' }));
  });
});

describe('what a person reads of an attacked job', () => {
  const round: RoundReport = {
    ...{ round: 1, loss: 0.5, accuracy: 0.9, evaluations: {}, updates: 5, attestedBy: ['army'], seconds: 1 },
    ...{ secondsAfterLastUpdate: 1, secondsToFinalise: 1, base: 'sha256:a', model: 'sha256:b' },
    excluded: [
      { by: 'army/agent-2', code: 'ERR_UPDATE_COPIED' },
      { by: 'navy/agent-1', code: 'ERR_UPDATE_COPIED' },
    ],
  };
  const foresight = { honest: 0.93, undefended: 0.1 };

  test('is a line a round, with what else it would have come to, and below who was left out and why', () => {
    const [line, below] = attackedLine(round, foresight).split('\n');
    expect(line).toMatch(/90\.00 %.*93\.00 % +10\.00 %$/);
    expect(below).toBe('       left out   ERR_UPDATE_COPIED   army/agent-2  navy/agent-1');
  });

  test('ends with what the rule bore', () => {
    const rule = { name: 'fed-adam', options: { of: { name: 'median', options: { before: ['nnm'] } } } };
    const outcome = { attack: 'ipm', malicious: 2, agents: 5, rule: ruleName(rule), foresight };
    expect(outcomeLine({ ...outcome, accuracy: 0.9, leftOut: 2 })).toBe(
      'accuracy 90.00 % with 2 of 5 agents malicious (ipm), 2 of their updates left out: fed-adam along nnm + median did not ' +
        'withstand it, 3.00 points below the honest alone; undefended the last round had come to 10.00 %',
    );
    expect(outcomeLine({ ...outcome, accuracy: 0.94, leftOut: 0 })).toMatch(/withstood it, 1\.00 points above/);
  });
});
