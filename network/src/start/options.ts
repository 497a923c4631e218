// What `muster start` takes, read and checked.

import { parse as parseDocument } from '@muster/protocol';
import { parsePartition, type Partition } from '@muster/edge-agent';
import { z } from 'zod';

const whole = (least: number, most: number): z.ZodCoercedNumber => z.coerce.number().int().min(least).max(most);

const schema = z.object({
  rounds: whole(1, 10_000),
  organisations: whole(1, 7),
  agents: whole(1, 64),
  model: z.string().min(1),
  partition: z.string(),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  state: z.string().optional(),
  basePort: z.union([z.int(), z.literal('free')]).optional(),
  exit: z.boolean().default(false),
  json: z.boolean().default(false),
});

export type StartOptions = Omit<z.infer<typeof schema>, 'partition'> & { readonly partition: Partition };

/** The options as text, where a person gives none. */
export const startDefaults = {
  rounds: '10',
  organisations: '4',
  agents: '2',
  model: 'mlp',
  partition: 'dirichlet:0.5',
  seed: '1',
} as const;

/**
 * Reads the options of the command line.
 * @throws ERR_DOCUMENT_INVALID naming every bad option, ERR_PARTITION_INVALID
 */
export function parseStartOptions(values: Readonly<Record<string, unknown>>): StartOptions {
  const { partition, ...options } = parseDocument('command line', schema, values);
  return { ...options, partition: parsePartition(partition) };
}
