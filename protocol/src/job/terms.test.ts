// Terms: what no single field shows, each contradiction named.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { ROOT, TERMS } from '../../../test/support/states.ts';
import { parse } from '../parse.ts';
import { rootsNeeded, termsDigest, termsSchema, verifyTerms, type Terms } from './terms.ts';

/** The fields that the terms' refusal names. */
function contradicted(changes: Partial<Terms>): string[] {
  const error = refusal(() => verifyTerms({ ...TERMS, ...changes }));
  if (error.code !== 'ERR_JOB_TERMS') throw error;
  return error.details.issues.map(({ field }) => field);
}

describe('terms', () => {
  test('that agree with each other are accepted', () => {
    verifyTerms(TERMS);
    expect(parse('terms', termsSchema, TERMS)).toEqual(TERMS);
  });

  const cases: [string, Partial<Terms>, string[]][] = [
    ['organisations out of order', { organisations: ['navy', 'land', 'air'] }, ['organisations']],
    ['an organisation twice', { organisations: ['air', 'air', 'navy'] }, ['organisations']],
    ['more approvals than organisations', { quorum: { approvals: 4, attestations: 2 } }, ['quorum.approvals']],
    ['attestations of a minority', { quorum: { approvals: 2, attestations: 1 } }, ['quorum.attestations']],
    [
      'attestations of just half',
      { organisations: ['air', 'navy'], quorum: { approvals: 2, attestations: 1 } },
      ['quorum.attestations'],
    ],
    ['more attestations than organisations', { quorum: { approvals: 2, attestations: 4 } }, ['quorum.attestations']],
    ['a minimum beyond complete', { participation: { minimum: 4, complete: 3 } }, ['participation.minimum']],
    ['more updates than the limits let in', { participation: { minimum: 2, complete: 7 } }, ['participation.complete']],
    [
      'sums beyond 53 bits',
      { limits: { ...TERMS.limits, examples: 2 ** 31 }, fixedPoint: { fractionBits: 16, magnitudeBits: 21 } },
      ['limits.examples'],
    ],
    ['state out of order', { state: { rule: 'mean', tensors: ['b', 'a'], nonNegative: [] } }, ['state.tensors']],
    ['commitments to nothing', { commitments: {} }, ['commitments']],
    ['a rule that needs root data, without any', { rule: { name: 'fltrust', options: {} } }, ['root']],
    [
      'a rule along one that needs root data, without any',
      { rule: { name: 'fed-adam', options: { of: { name: 'fltrust' } } } },
      ['root'],
    ],
    ['root data that the rule has no use for', { root: ROOT }, ['root']],
    ['an unknown rule', { rule: { name: 'best', options: {} } }, ['rule.name']],
    ['a rule called like what objects inherit', { rule: { name: 'constructor', options: {} } }, ['rule.name']],
    ['an option the rule does not take', { rule: { name: 'fed-avg', options: { a: 1 } } }, ['rule.options']],
  ];
  test.each(cases)('with %s are refused, naming the field', (_title, changes, fields) => {
    expect(contradicted(changes)).toEqual(fields);
  });

  test('with root data ask for as many root updates as attestations, others for none', () => {
    const rooted = { ...TERMS, rule: { name: 'fltrust', options: {} }, root: ROOT };
    verifyTerms(rooted);
    expect(parse('terms', termsSchema, rooted)).toEqual(rooted);
    expect([rootsNeeded(rooted), rootsNeeded(TERMS)]).toEqual([2, 0]);
  });

  test('with several contradictions name all of them', () => {
    const changes = { organisations: [], rule: { name: 'best', options: {} } };
    expect(contradicted(changes)).toEqual([
      'quorum.approvals',
      'quorum.attestations',
      'participation.complete',
      'rule.name',
    ]);
  });

  test('have a digest that does not depend on the order of members', () => {
    const turned = Object.fromEntries(Object.entries(TERMS).reverse()) as Terms;
    expect(termsDigest(turned)).toBe(termsDigest(TERMS));
    expect(termsDigest({ ...TERMS, seed: 8 })).not.toBe(termsDigest(TERMS));
  });
});
