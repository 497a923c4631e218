// JSON from outside: one reading only, and nothing built before its nesting is known.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { JSON_MAX_DEPTH, readJson } from './json.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('JSON from outside', () => {
  test('is read as the value it says, from text or bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        expect(readJson(text)).toEqual(JSON.parse(text));
        expect(readJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('may hold brackets, colons and escaped quotes in its texts', () => {
    expect(readJson('{"a:[{\\"":"}]:\\\\"}')).toEqual({ 'a:[{"': '}]:\\' });
  });

  test(`may nest ${JSON_MAX_DEPTH} deep`, () => {
    expect(JSON.stringify(readJson(nested(JSON_MAX_DEPTH)))).toBe(nested(JSON_MAX_DEPTH));
  });

  test.each([
    ['deeper nesting', nested(JSON_MAX_DEPTH + 1), 'nested deeper than 32'],
    ['a million brackets', '['.repeat(1_000_000), 'nested deeper than 32'],
    ['a member twice', '{"a":1,"a":2}', 'a member is given twice'],
    ['a member twice, written differently', '{"a":1,"\\u0061":2}', 'a member is given twice'],
    ['a member twice, deeper down', '[{"b":{"a":1,"a":1}}]', 'a member is given twice'],
    ['a text without its end', '"a', 'not JSON'],
    ['a text that ends with a backslash', '"\\', 'not JSON'],
    ['nothing', '', 'not JSON'],
    ['a byte order mark', '\ufeff{}', 'not JSON'],
    ['a comment', '{}//', 'not JSON'],
  ])('refuses %s', (_title, text, reason) => {
    expect(refusal(() => readJson(text))).toMatchObject({ code: 'ERR_JSON_INVALID', details: { reason } });
    expect(refusal(() => readJson(Buffer.from(text)))).toMatchObject({ code: 'ERR_JSON_INVALID' });
  });

  test.each([
    ['a byte of no encoding', '22ff22'],
    ['an overlong form', '22c0af22'],
    ['a surrogate as UTF-8', '22eda08022'],
    ['a cut sequence', '22c3'],
  ])('refuses %s', (_title, hex) => {
    const { code, details } = refusal(() => readJson(Buffer.from(hex, 'hex')));
    expect([code, details]).toEqual(['ERR_JSON_INVALID', { reason: 'not UTF-8' }]);
  });
});
