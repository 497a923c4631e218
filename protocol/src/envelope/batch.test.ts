// Batches: every list of envelopes comes back from its text, and no text holds more than a transaction may.

import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { BATCH_MAX_BYTES, decodeBatch, encodeBatch } from './batch.ts';

const packed = (content: string | Uint8Array): string => `zstd:${zstdCompressSync(content).toString('base64')}`;
const signature = (byte: number): Buffer => Buffer.alloc(64, byte);
const envelopeOf = (header: string, payload: string, byte: number): string =>
  [Buffer.from(header), Buffer.from(payload), signature(byte)].map((part) => part.toString('base64url')).join('.');

test('envelopes come back from their batch, in their order', () => {
  const part = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
  const last = fc.uint8Array({ minLength: 64, maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
  const envelope = fc.tuple(part, part, last).map((parts) => parts.join('.'));
  const anything = fc.stringMatching(/^[A-Za-z0-9_.-]{1,200}$/);
  const holds = (envelopes: string[]): void => expect(decodeBatch(encodeBatch(envelopes))).toEqual(envelopes);
  fc.assert(fc.property(fc.array(envelope, { minLength: 1, maxLength: 20 }), holds));
  fc.assert(fc.property(fc.array(fc.oneof(envelope, anything), { minLength: 1, maxLength: 20 }), holds));
});

test('an envelope alone is its own batch, and what several have in common is said once', () => {
  const alike = Array.from({ length: 100 }, (_, i) => envelopeOf('{"typ":"muster.round.update"}', `{"n":${i}}`, 7));
  expect(encodeBatch(alike.slice(0, 1))).toBe(alike[0]);
  expect(encodeBatch(alike)).toMatch(/^zstd:[A-Za-z0-9+/=]{100,1000}$/);
});

test.each([
  ['of two parts', 'e30.e30'],
  ['of four parts', `${envelopeOf('{}', '{}', 1)}.e30`],
  ['whose header has another form of the same bytes', `e31.e30.${signature(1).toString('base64url')}`],
  ['whose payload is no base64url', `e30.e3=.${signature(1).toString('base64url')}`],
  ['whose payload holds a line feed', envelopeOf('{}', '{\n}', 1)],
  ['whose signature is short', 'e30.e30.e30'],
  ['whose signature has another form of the same bytes', `${envelopeOf('{}', '{}', 1)}=`],
])('a batch with an envelope %s stays lines: it would not come back as it is', (_title, envelope) => {
  const envelopes = [envelopeOf('{}', '{}', 1), envelope];
  expect(encodeBatch(envelopes)).toBe(envelopes.join('\n'));
});

test('whoever writes a batch may pack it or not', () => {
  expect(decodeBatch('a\nb')).toEqual(['a', 'b']);
  const content = Buffer.concat([Buffer.from('2\n{}\n[]\n{}\n[1]\n'), signature(1), signature(2)]);
  expect(decodeBatch(packed(content))).toEqual([envelopeOf('{}', '[]', 1), envelopeOf('{}', '[1]', 2)]);
});

describe('a batch is refused that', () => {
  test.each([
    ['holds nothing', ''],
    ['holds nothing, packed', packed('')],
    ['says that it holds none', packed('0\n')],
    ['does not say how many it holds', packed('{}\n{}\n')],
    ['holds more envelopes than a transaction may', 'x\n'.repeat(1000)],
    ['says that it holds more envelopes than a transaction may', packed('1001\n')],
    ['says that it holds more envelopes than it has room for', packed('9\n{}\n{}\n')],
    ['has a header without a payload', packed(Buffer.concat([Buffer.from('1\n{}\n'), signature(1)]))],
    ['has a payload whose end is in a signature', packed(Buffer.concat([Buffer.from('1\n{}\n{'), signature(10)]))],
    ['has lines that no signature is for', packed(Buffer.concat([Buffer.from('1\n{}\n{}\n{}\n'), signature(1)]))],
    ['is longer than a transaction may be', 'x'.repeat(BATCH_MAX_BYTES + 1)],
    ['is longer than a transaction may be, packed', packed('x'.repeat(BATCH_MAX_BYTES + 1))],
    ['says that it is packed and is not', 'zstd:a.b.c'],
    ['was cut short', packed('x'.repeat(1000)).slice(0, -4)],
  ])('%s', (_title, text) => {
    expect(refusal(() => decodeBatch(text))).toMatchObject({
      code: 'ERR_DOCUMENT_INVALID',
      details: { issues: [{ field: 'envelopes' }] },
    });
  });

  test('is packed by another version, naming how', () => {
    expect(refusal(() => decodeBatch('deflate:eJwDAAAAAAE='))).toMatchObject({
      code: 'ERR_DOCUMENT_INVALID',
      details: {
        issues: [{ field: 'envelopes', problem: 'is packed as deflate, which this version does not read' }],
      },
    });
  });
});
