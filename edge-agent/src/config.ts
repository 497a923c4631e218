// Configuration files of agent and validator: JSON, read once at the start.

import { MusterError, nameSchema, parseJson } from '@muster/protocol';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const path = z.string().min(1);
/** the path of a description, or a pair of IDX files */
const data = z.union([path, z.strictObject({ images: path, labels: path })]);

/** own organisation's first; `tlsRoot` is a PEM file */
export const gatewaysSchema = z
  .array(z.strictObject({ organisation: nameSchema, url: z.url({ protocol: /^https$/ }), tlsRoot: path }))
  .min(1);

const common = {
  organisation: nameSchema,
  /** as enrolled */
  name: nameSchema,
  /** the keystore folder */
  keys: path,
  gateways: gatewaysSchema,
  /** folder for what outlives the process */
  state: path,
  /** MiB of memory that examples may take; more of them are read portion by portion. 256 where absent */
  dataMiB: z.int().min(1).max(1_048_576).optional(),
  threads: z.int().min(1).max(256).default(1),
  log: z
    .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info') })
    .default({ level: 'info' }),
};

export const agentConfigSchema = z.strictObject({
  ...common,
  data,
  /** how long training goes on between two checkpoints; 15 where absent */
  checkpointSeconds: z.number().min(0).max(86_400).optional(),
});
export const validatorConfigSchema = z.strictObject({ ...common, holdout: data });
export type AgentConfig = z.infer<typeof agentConfigSchema>;
export type ValidatorConfig = z.infer<typeof validatorConfigSchema>;

/** Bytes of memory for examples, where the configuration tells. */
export function dataBytesOf(config: Pick<AgentConfig, 'dataMiB'>): number | undefined {
  return config.dataMiB === undefined ? undefined : config.dataMiB * 2 ** 20;
}

/**
 * Reads a configuration file.
 * @throws ERR_DOCUMENT_INVALID naming every bad field, or that the file is missing or not JSON
 */
export async function readConfig<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  let text: Uint8Array;
  try {
    text = await readFile(file);
  } catch (cause) {
    const issues = [{ field: '(file)', problem: 'cannot be read' }];
    throw new MusterError('ERR_DOCUMENT_INVALID', { document: file, issues }, { cause });
  }
  return parseJson(file, schema, text);
}
