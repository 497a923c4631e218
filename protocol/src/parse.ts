// From unknown to typed: every document is read by a schema, and all of its bad fields are told at once.

import type { z } from 'zod';
import type { Issue } from './catalogue.ts';
import { MusterError } from './errors.ts';

/** The issues of a failed parse, as field and problem. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues
    .slice(0, 20)
    .map((issue) => ({ field: issue.path.join('.') || '(document)', problem: issue.message }));
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
