// Canonical JSON against RFC 8785's own examples, another implementation, and what JSON cannot hold.

import { describe, expect, test } from '@jest/globals';
import reference from 'canonicalize';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { readVectors } from '../../../test/support/vectors.ts';
import { canonicalBytes, canonicalise, parseCanonical } from './canonical.ts';

describe('canonical JSON', () => {
  test.each(readVectors<string, string>('canonical', 'examples'))('writes $title', ({ input, expect: expected }) => {
    const written = canonicalise(JSON.parse(input));
    expect(written).toBe(expected);
    expect(parseCanonical(written)).toEqual(JSON.parse(input));
  });

  test.each(readVectors<string, string>('canonical', 'numbers'))('$title', ({ input, expect: expected, error }) => {
    const value = Buffer.from(input, 'hex').readDoubleBE();
    if (error === undefined) expect(canonicalise(value)).toBe(expected);
    else expect(refusal(() => canonicalise(value)).code).toBe(error);
  });

  test.each(readVectors<string, unknown>('canonical', 'texts'))('$title', ({ input, error }) => {
    if (error === undefined) expect(canonicalise(parseCanonical(input))).toBe(input);
    else expect(refusal(() => parseCanonical(input)).code).toBe(error);
  });

  const unwritable: [string, unknown][] = [
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['a hole in an array', Array(1)],
    ['a big integer', 1n],
    ['a function', (): void => undefined],
    ['a symbol', Symbol('a')],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['bytes', new Uint8Array(1)],
    ['a lone surrogate in a string', '\ud800'],
    ['a lone surrogate in a name', { '\udc00': 1 }],
  ];
  test.each(unwritable)('refuses %s', (_title, value) => {
    expect(refusal(() => canonicalise(value)).code).toBe('ERR_CANONICAL_INVALID');
  });

  test('is read from UTF-8 bytes too, and from no others', () => {
    expect(parseCanonical(canonicalBytes({ a: 'é' }))).toEqual({ a: 'é' });
    const { code, details } = refusal(() => parseCanonical(Buffer.from('22ff22', 'hex')));
    expect([code, details]).toEqual(['ERR_CANONICAL_INVALID', { reason: 'not UTF-8' }]);
  });

  test('takes objects without a prototype', () => {
    expect(canonicalise(Object.assign(Object.create(null) as object, { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
  });

  test('is UTF-8 as bytes', () => {
    expect(Buffer.from(canonicalBytes('é')).toString('hex')).toBe('22c3a922');
  });

  test('is what another implementation writes, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const written = canonicalise(value);
        expect(written).toBe(reference(value));
        expect(canonicalise(parseCanonical(written))).toBe(written);
      }),
    );
  });

  test.each([
    '{"b":1,"a":2}',
    '[{"a":{"c":1,"b":1}}]',
    '{"9":1,"10":2}',
    '[1.0]',
    '["\\u0061"]',
    '["\\ud800"]',
    '{"a":1,"a":1}',
    '[-0]',
  ])('is not %s', (text) => {
    expect(refusal(() => parseCanonical(text)).code).toBe('ERR_CANONICAL_INVALID');
  });

  test.each([
    '{"10":1,"9":2}',
    '["\\u0001"]',
    '[{"a":[{}],"b":null}]',
    '["\\\\u0061"]',
    `${'['.repeat(32)}${']'.repeat(32)}`,
  ])('is %s', (text) => {
    expect(canonicalise(parseCanonical(text))).toBe(text);
  });

  test('is nothing nested deeper than 32', () => {
    const text = `${'['.repeat(33)}${']'.repeat(33)}`;
    expect(refusal(() => parseCanonical(text)).code).toBe('ERR_CANONICAL_INVALID');
    const value = Array.from({ length: 32 }).reduce<unknown[]>((inner) => [inner], []);
    expect(refusal(() => canonicalise(value)).code).toBe('ERR_CANONICAL_INVALID');
  });
});
