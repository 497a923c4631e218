// Batches: every list of envelopes comes back from its text, and no text holds more than a transaction may.

import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { BATCH_MAX_BYTES, decodeBatch, encodeBatch } from './batch.ts';

const deflated = (lines: string): string => `deflate:${deflateRawSync(lines).toString('base64')}`;

test('envelopes come back from their batch, in their order', () => {
  const envelope = fc.stringMatching(/^[A-Za-z0-9_-]{1,200}\.[A-Za-z0-9_-]{1,200}\.[A-Za-z0-9_-]{1,90}$/);
  const holds = (envelopes: string[]): void => expect(decodeBatch(encodeBatch(envelopes))).toEqual(envelopes);
  fc.assert(fc.property(fc.array(envelope, { minLength: 1, maxLength: 20 }), holds));
});

test('an envelope alone is its own batch, and what several have in common is said once', () => {
  expect(encodeBatch(['a.b.c'])).toBe('a.b.c');
  expect(encodeBatch(['a.b.c', 'd.e.f'])).toBe('a.b.c\nd.e.f');
  const alike = Array.from(
    { length: 100 },
    (_, i) => `eyJhbGciOiJFUzI1NiIsInR5cCI6Im11c3Rlci5yb3VuZC51cGRhdGUi.${i}.x`,
  );
  expect(encodeBatch(alike)).toMatch(/^deflate:[A-Za-z0-9+/=]{100,1500}$/);
});

test('whoever writes a batch may deflate it or not', () => {
  expect(decodeBatch('a\nb')).toEqual(['a', 'b']);
  expect(decodeBatch(deflated('a\nb'))).toEqual(['a', 'b']);
});

describe('a batch is refused that', () => {
  test.each([
    ['holds nothing', ''],
    ['holds nothing, deflated', deflated('')],
    ['holds more envelopes than a transaction may', 'x\n'.repeat(1000)],
    ['holds more envelopes than a transaction may, deflated', deflated('x\n'.repeat(1000))],
    ['is longer than a transaction may be', 'x'.repeat(BATCH_MAX_BYTES + 1)],
    ['is longer than a transaction may be, deflated', deflated('x'.repeat(BATCH_MAX_BYTES + 1))],
    ['says that it is deflated and is not', 'deflate:a.b.c'],
    ['was cut short', deflated('x'.repeat(1000)).slice(0, -4)],
  ])('%s', (_title, text) => {
    expect(refusal(() => decodeBatch(text))).toMatchObject({
      code: 'ERR_DOCUMENT_INVALID',
      details: { issues: [{ field: 'envelopes' }] },
    });
  });
});
