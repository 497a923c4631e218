// Names: of members, organisations, jobs and what certificates name; they stand in certificates, keys and routes.

import { z } from 'zod';

/** A name as it may stand in a certificate, a key and a route. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9.-]{0,62}$/;

export const nameSchema = z.string().regex(NAME_PATTERN, `must match ${NAME_PATTERN.source}`);

/** Some names, each once. */
export const namesSchema = (most: number) =>
  z
    .array(nameSchema)
    .min(1)
    .max(most)
    .refine((names) => new Set(names).size === names.length, 'must name each once');
