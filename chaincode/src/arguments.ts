// Arguments of chaincode functions: texts from outside, read by schema.

import {
  issuesOf,
  jobIdSchema,
  KEY_TYPES,
  MusterError,
  nameSchema,
  readJson,
  type Issue,
  type Key,
} from '@muster/protocol';
import { z } from 'zod';

/** Items of a page: a query must not hold a peer up. */
export const PAGE_MAX = 200;
const SKIP_MAX = 100_000;

/** A whole number in decimal, as text. */
const decimal = (min: number, max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,7}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max));

const json = <T>(schema: z.ZodType<T>): z.ZodType<T> =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return readJson(text);
      } catch {
        context.addIssue('must be JSON, not deeply nested, without members twice');
        return z.NEVER;
      }
    })
    .pipe(schema);

const schemas = {
  organisation: nameSchema,
  job: jobIdSchema,
  round: decimal(1, 1_000_000),
  type: z.enum(KEY_TYPES),
  // printable, without blanks: nothing that composite keys use as a separator
  attributes: json(z.array(z.string().regex(/^[!-~]{1,127}$/, 'must be 1 to 127 printable characters')).max(8)),
  size: decimal(1, PAGE_MAX),
  skip: decimal(0, SKIP_MAX),
  bookmark: z.string().max(1024),
} as const satisfies Record<string, z.ZodType>;

type Arguments = { [A in keyof typeof schemas]: z.infer<(typeof schemas)[A]> };

/**
 * Reads named arguments.
 * @throws ERR_DOCUMENT_INVALID naming every bad one
 */
export function readArguments<A extends keyof Arguments>(texts: Record<A, string>): Pick<Arguments, A> {
  const issues: Issue[] = [];
  const read: Partial<Record<A, unknown>> = {};
  // one by one: making a schema of them costs many times what reading them does
  for (const name of Object.keys(texts) as A[]) {
    const result = schemas[name].safeParse(texts[name]);
    if (result.success) read[name] = result.data;
    else issues.push(...issuesOf(result.error, name));
  }
  if (issues.length > 0) throw new MusterError('ERR_DOCUMENT_INVALID', { document: 'arguments', issues });
  return read as Pick<Arguments, A>;
}

/**
 * Reads a key's type and attributes.
 * @throws ERR_DOCUMENT_INVALID
 */
export function readKey(type: string, attributes: string): Key {
  const read = readArguments({ type, attributes });
  return [read.type, ...read.attributes];
}
