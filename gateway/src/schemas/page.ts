// Lists: bounded, with a cursor where more follows.

import { z } from 'zod';

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before */
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the next of an earlier page')
    .optional(),
};

/** A list of some items. */
export function listOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodOptional<z.ZodString> }> {
  return z.strictObject({ items: z.array(item), next: z.string().optional() });
}

/** Where a page starts and how long it is. */
export interface Page {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** One page of a list. */
export interface Items<T> {
  readonly items: readonly T[];
  readonly next?: string;
}
