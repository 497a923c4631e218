// What an organisation vouches for of whoever holds one of its certificates, beside name and role: unit, data sets, platform.

import type { z } from 'zod';
import { MusterError } from '../errors.ts';
import { nameSchema, namesSchema } from './names.ts';

/** What a certificate says of its holder. */
export interface Holder {
  readonly unit: string;
  /** names of data sets, each once; none by default */
  readonly dataSets?: readonly string[];
  /** e.g. `linux-arm64` */
  readonly platform?: string;
}

/** Data sets that a certificate can name at most: it has to fit into the statement that presents it. */
const DATA_SETS_MAX = 16;

/** Data sets that a certificate can name. */
export const dataSetsSchema = namesSchema(DATA_SETS_MAX);

/** An attribute by its schema. @throws ERR_CERTIFICATE_MALFORMED */
function checked<T>(attribute: string, schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ message }) => message).join('; ');
  throw new MusterError('ERR_CERTIFICATE_MALFORMED', { reason: `attribute ${attribute}: ${problems}` });
}

/**
 * Reads what a certificate's attributes say of its holder; what they do not say is left out.
 * @param attributes `muster.unit`, any text; `muster.data`, names with commas between them; `muster.platform`, a name
 * @throws ERR_CERTIFICATE_MALFORMED
 */
export function readHolder(attributes: Readonly<Record<string, unknown>>): Holder {
  const { 'muster.unit': unit = '', 'muster.data': data, 'muster.platform': platform } = attributes;
  if (typeof unit !== 'string') {
    throw new MusterError('ERR_CERTIFICATE_MALFORMED', { reason: 'attribute muster.unit is not text' });
  }
  const names = typeof data === 'string' ? data.split(',') : undefined;
  return {
    unit,
    ...(data === undefined ? {} : { dataSets: checked('muster.data', dataSetsSchema, names) }),
    ...(platform === undefined ? {} : { platform: checked('muster.platform', nameSchema, platform) }),
  };
}

/** What is said of a holder, without the rest of what says it. */
export function holderOf({ unit, dataSets, platform }: Holder): Holder {
  return { unit, ...(dataSets === undefined ? {} : { dataSets }), ...(platform === undefined ? {} : { platform }) };
}
