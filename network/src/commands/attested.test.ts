// Whose attestations made a model: who may have copied is marked, and the mark explained.

import { expect, test } from '@jest/globals';
import { attestedBy, explained, MARK_MEANS } from './attested.ts';

test('organisations that attested what they had not committed to are marked', () => {
  expect(attestedBy({ attestedBy: ['army', 'navy'], dependent: ['navy'] })).toBe('army navy*');
  expect(attestedBy({ attestedBy: ['army', 'navy'] })).toBe('army navy');
  expect(attestedBy({})).toBe('');
});

test('the mark is explained where there is one', () => {
  expect(explained('table', [{}, { dependent: ['navy'] }])).toBe(`table\n\n${MARK_MEANS}`);
  expect(explained('table', [{ dependent: [] }])).toBe('table');
});
