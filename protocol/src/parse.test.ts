// From unknown to typed: every bad field is told, and where a document is no JSON, why.

import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { refusal } from '../../test/support/refusal.ts';
import { parseJson } from './parse.ts';

const schema = z.strictObject({ a: z.int(), b: z.string() });

test('a document of JSON is read by its schema, from text or bytes', () => {
  expect(parseJson('note', schema, '{"a":1,"b":"x"}')).toEqual({ a: 1, b: 'x' });
  expect(parseJson('note', schema, Buffer.from('{"a":1,"b":"x"}'))).toEqual({ a: 1, b: 'x' });
});

test('a document with bad fields is refused with all of them', () => {
  const { code, message } = refusal(() => parseJson('note', schema, '{"a":1.5}'));
  expect(code).toBe('ERR_DOCUMENT_INVALID');
  expect(message).toMatch(/^note is invalid: a: .*; b: /);
});

test('a document that is no JSON is refused with the reason', () => {
  const { code, details } = refusal(() => parseJson('note', schema, '{"a":1,"a":1}'));
  expect(code).toBe('ERR_DOCUMENT_INVALID');
  expect(details).toEqual({
    document: 'note',
    issues: [{ field: '(document)', problem: 'a member is given twice' }],
  });
});
