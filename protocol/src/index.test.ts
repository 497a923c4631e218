// The public surface: what other workspaces import exists, and the acts, events and keys are those of the specification.

import { expect, test } from '@jest/globals';
import * as protocol from './index.ts';

test('every module is reached through the one door', () => {
  expect(Object.keys(protocol)).toEqual(
    expect.arrayContaining([
      ...['canonicalise', 'cidOf', 'digestOf', 'quantise', 'verifyInclusion', 'decodeTensors', 'seal', 'openEnvelope'],
      ...['readCertificate', 'authenticate', 'voteJob', 'verifyTerms', 'recordUpdate', 'closeRound', 'attestRound'],
      ...['finaliseRound', 'abandonRound', 'decodeUpdate', 'createAggregator', 'readStatement', 'MusterError', 'parse'],
    ]),
  );
});

test('every act has a schema for its statement', () => {
  expect(Object.keys(protocol.statementSchemas).sort()).toEqual([...protocol.ACTS].sort());
});
