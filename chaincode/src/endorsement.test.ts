// State-based endorsement policies, read back from their bytes.

import { expect, test } from '@jest/globals';
import { KeyEndorsementPolicy } from 'fabric-shim';
import { readPolicy } from '../../test/support/memory-ledger.ts';
import { endorsementPolicy } from './endorsement.ts';

test('a policy takes so many of the organisations, each by its peer', () => {
  expect(readPolicy(endorsementPolicy(2, ['army', 'navy', 'airforce']))).toMatchObject({
    needed: 2,
    organisations: ['army', 'navy', 'airforce'],
  });
});

test('equal arguments make equal bytes, others do not', () => {
  const policy = endorsementPolicy(2, ['army', 'navy']);
  expect(policy).toEqual(endorsementPolicy(2, ['army', 'navy']));
  expect(policy).not.toEqual(endorsementPolicy(1, ['army', 'navy']));
  expect(policy).not.toEqual(endorsementPolicy(2, ['navy', 'army']));
});

test('a policy of all organisations has the bytes that fabric-shim makes', () => {
  const shim = new KeyEndorsementPolicy();
  shim.addOrgs('PEER', 'army', 'navy');
  expect(Buffer.from(endorsementPolicy(2, ['army', 'navy']))).toEqual(Buffer.from(shim.getPolicy()));
});
