// The gateway's configuration: one JSON file, read once, checked whole.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { nameSchema, parseJson } from '@muster/protocol';
import { z } from 'zod';

const file = z.string().min(1);
const keyPair = z.strictObject({ cert: file, key: file });
const positive = z.int().min(1);

const coalesceSchema = z.strictObject({
  /** how long the first envelope of an idle lane waits for company, milliseconds */
  windowMs: z.int().min(0).max(10_000).default(10),
  /** envelopes in one transaction */
  envelopes: positive.max(1000).default(1000),
  /** bytes of envelopes in one transaction */
  bytes: positive.default(1024 * 1024),
});

const forksSchema = z.strictObject({
  /** blocks between two checkpoints; the same in the whole consortium */
  every: positive.default(10),
  /** milliseconds between two comparisons with the other organisations */
  intervalMs: z.int().min(100).default(15_000),
});

const limitsSchema = z.strictObject({
  /** envelopes that may wait to be relayed, in all lanes together, and those of one client */
  queue: positive.default(20_000),
  queuePerClient: positive.default(5_000),
  /** bytes of the envelopes that wait, and of those of one client */
  queueBytes: positive.default(64 * 1024 * 1024),
  queueBytesPerClient: positive.default(16 * 1024 * 1024),
  /** transactions on their way to the ledger at once */
  transactions: positive.default(64),
  /** requests answered at once, and those of one client */
  requests: positive.default(10_000),
  requestsPerClient: positive.default(1_000),
  /** bytes of JSON bodies being read at once, and those of one client */
  bodies: positive.default(128 * 1024 * 1024),
  bodiesPerClient: positive.default(32 * 1024 * 1024),
  /** how long a JSON body may take to arrive, milliseconds */
  bodyMs: positive.default(30_000),
  /** artefacts arriving at once, and those of one client */
  uploads: positive.default(64),
  uploadsPerClient: positive.default(16),
  /** how long an arriving artefact may stand still, milliseconds; how long it takes in all is its link's affair */
  uploadStallMs: positive.default(30_000),
  /** what must arrive of it on average, bytes a second: thin links take long, but nobody holds a place with a trickle */
  uploadBytesPerSecond: positive.default(1024),
  /** artefacts being fetched from siblings at once, and those of one client */
  fetches: positive.default(64),
  fetchesPerClient: positive.default(32),
  /** bytes of a JSON request body */
  bodyBytes: positive.default(16 * 1024 * 1024),
  /** bytes of an artefact */
  artefactBytes: positive.default(8 * 1024 ** 3),
  /** how long the relay tries to reach the ledger with one transaction, milliseconds */
  relayMs: positive.default(120_000),
  /** the same where the statement names who must endorse: one that is down will not, and others can be named instead */
  namedMs: positive.default(5_000),
  /** how often a transaction that others overtook is made anew */
  conflicts: positive.default(30),
  /** queries of the ledger itself at once, and those of one client */
  queries: positive.default(64),
  queriesPerClient: positive.default(16),
  /** event streams open at once, and those of one client */
  streams: positive.default(1000),
  streamsPerClient: positive.default(32),
  /** connections at once, whether or not a certificate was presented */
  connections: positive.default(20_000),
  /** Idempotency-Keys remembered of one client; the oldest go first */
  idempotencyKeys: positive.default(10_000),
  /** settled submissions remembered; the oldest go first, the ledger remembers those that were recorded */
  settled: positive.default(200_000),
});

export const configSchema = z.strictObject({
  organisation: nameSchema,
  listen: z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65_535) }),
  tls: keyPair,
  /** identity CA roots of the consortium's organisations */
  clientRoots: z.array(file).min(1),
  /** the relay's enrolment certificate and key: the only identity a gateway holds */
  identity: keyPair,
  channel: z.string().min(1),
  chaincode: z.string().min(1),
  peer: z.strictObject({ endpoint: z.string().min(1), serverName: z.string().min(1), tlsRoot: file }),
  siblings: z.array(z.strictObject({ organisation: nameSchema, url: z.url(), tlsRoot: file })).default([]),
  /** folder of everything the gateway keeps */
  state: file,
  log: z
    .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info') })
    .default({ level: 'info' }),
  coalesce: coalesceSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  forks: forksSchema.prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type Limits = Config['limits'];
export type Coalesce = Config['coalesce'];

/**
 * Reads a configuration, as it stands in its file.
 * @param file the file's path, for the error
 * @throws ERR_DOCUMENT_INVALID naming the file and every bad field
 */
export function parseConfig(text: string | Uint8Array, file: string): Config {
  return parseJson(`gateway configuration ${file}`, configSchema, text);
}

/** Default limits and coalescing, as an empty configuration has them. */
export const defaults = { limits: limitsSchema.parse({}), coalesce: coalesceSchema.parse({}) } as const;

/**
 * Reads the configuration; its paths are relative to the file's own folder.
 * @throws ERR_DOCUMENT_INVALID naming every bad field
 */
export function readConfig(path: string): Config {
  let text: Buffer;
  try {
    text = readFileSync(path);
  } catch (cause) {
    throw new TypeError(`${path} is not a readable file`, { cause });
  }
  const config = parseConfig(text, path);
  const at = (name: string): string => resolve(dirname(path), name);
  const pair = ({ cert, key }: Config['tls']): Config['tls'] => ({ cert: at(cert), key: at(key) });
  return {
    ...config,
    tls: pair(config.tls),
    clientRoots: config.clientRoots.map(at),
    identity: pair(config.identity),
    peer: { ...config.peer, tlsRoot: at(config.peer.tlsRoot) },
    siblings: config.siblings.map((sibling) => ({ ...sibling, tlsRoot: at(sibling.tlsRoot) })),
    state: at(config.state),
  };
}
