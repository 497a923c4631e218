// From unknown to typed: every document is read by a schema, and all of its bad fields are told at once.

import type { z } from 'zod';
import { readJson } from './bytes/json.ts';
import type { Issue } from './catalogue.ts';
import { MusterError } from './errors.ts';

/** The issues of a failed parse, as field and problem. @param of where in a document the value stands */
export function issuesOf(error: z.ZodError, ...of: readonly string[]): Issue[] {
  return error.issues
    .slice(0, 20)
    .map((issue) => ({ field: [...of, ...issue.path].join('.') || '(document)', problem: issue.message }));
}

/**
 * Reads a value by its schema.
 * @param document what it is, for the error: "update statement"
 * @throws ERR_DOCUMENT_INVALID naming every bad field
 */
export function parse<T>(document: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new MusterError('ERR_DOCUMENT_INVALID', { document, issues: issuesOf(result.error) });
}

/**
 * Reads a JSON document by its schema.
 * @param source text or UTF-8 bytes
 * @throws ERR_DOCUMENT_INVALID naming every bad field, or why it is not JSON that can be read
 */
export function parseJson<T>(document: string, schema: z.ZodType<T>, source: string | Uint8Array): T {
  let value: unknown;
  try {
    value = readJson(source);
  } catch (cause) {
    const { reason } = (cause as MusterError<'ERR_JSON_INVALID'>).details;
    throw new MusterError(
      'ERR_DOCUMENT_INVALID',
      { document, issues: [{ field: '(document)', problem: reason }] },
      { cause },
    );
  }
  return parse(document, schema, value);
}
