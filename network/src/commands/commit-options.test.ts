// Options of commitments: the terms they make, for a proposal and for npm start.

import { expect, test } from '@jest/globals';
import { parseStartOptions, startDefaults } from '../start/options.ts';
import { refusal } from '../../../test/support/refusal.ts';
import { commitmentsOf, selectionOf } from './commit-options.ts';

test('each window stands for what is committed to in it, and none for no commitments', () => {
  expect(commitmentsOf({ commitWindow: 500 })).toEqual({ updatesMs: 500 });
  expect(commitmentsOf({ attestationCommitWindow: 700 })).toEqual({ attestationsMs: 700 });
  expect(commitmentsOf({ commitWindow: 500, attestationCommitWindow: 700 })).toEqual({
    updatesMs: 500,
    attestationsMs: 700,
  });
  expect(commitmentsOf({})).toBeUndefined();
});

test('npm start takes them too, as terms have them', () => {
  const start = { ...startDefaults, rule: 'fed-avg' };
  expect(parseStartOptions({ ...start, commitWindow: '500' }).commitments).toEqual({ updatesMs: 500 });
  expect(parseStartOptions(start)).not.toHaveProperty('commitments');
  const error = refusal(() => parseStartOptions({ ...start, attestationCommitWindow: '99' }));
  expect(error).toMatchObject({ code: 'ERR_DOCUMENT_INVALID' });
  expect(error.message).toContain('attestationCommitWindow');
});

test('a share of a thousand stands for sortition', () => {
  expect(selectionOf({ select: 250 })).toEqual({ perMille: 250 });
  expect(selectionOf({ select: 250, selectUnits: 'ship,aircraft' })).toEqual({
    perMille: 250,
    units: ['ship', 'aircraft'],
  });
  expect(selectionOf({ selectUnits: 'ship' })).toEqual({ perMille: 1000, units: ['ship'] });
  expect(selectionOf({ selectData: 'maps,radar', selectPlatforms: 'linux-arm64' })).toEqual({
    perMille: 1000,
    dataSets: ['maps', 'radar'],
    platforms: ['linux-arm64'],
  });
  expect(selectionOf({})).toBeUndefined();
});
