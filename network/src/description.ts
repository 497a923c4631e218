// The network's description: the schema of network.yaml, and refusal of anything that breaks it.
import { readFileSync } from 'node:fs';
import { dataSetsSchema, MusterError, nameSchema } from '@muster/protocol';
import { parse } from 'yaml';
import { z } from 'zod';

const name = z.string().regex(/^[a-z][a-z0-9-]{1,30}$/, 'lower-case letters, digits and hyphens, 2 to 31 characters');
const DURATION = 'a duration such as 50ms, 3s or 2m';
const duration = z.string(DURATION).regex(/^\d+(ms|s|m)$/, DURATION);
const byteSize = z.string().regex(/^\d+ (KB|MB)$/, 'a size such as 8 MB');
const offset = z.int().min(0).max(99);
const seconds = z.int().min(1).max(600);

const smartBft = z.strictObject({
  RequestBatchMaxInterval: duration,
  RequestForwardTimeout: duration,
  RequestComplainTimeout: duration,
  RequestAutoRemoveTimeout: duration,
  ViewChangeResendInterval: duration,
  ViewChangeTimeout: duration,
  LeaderHeartbeatTimeout: duration,
  LeaderHeartbeatCount: z.int().min(1),
  CollectTimeout: duration,
  IncomingMessageBufferSize: z.int().min(1),
  RequestPoolSize: z.int().min(1),
});

const cluster = z.strictObject({
  DialTimeout: duration,
  ReplicationPullTimeout: duration,
  ReplicationRetryTimeout: duration,
  ReplicationMaxRetries: z.int().min(1),
});

/** Named as in Fabric's configtx.yaml and orderer.yaml, where they go. */
const consensusProfile = z.strictObject({ SmartBFT: smartBft, Cluster: cluster });

const ports = z.strictObject({
  base: z.int().min(1024).max(60_000),
  perOrganisation: z.int().min(10).max(100),
  offsets: z.strictObject({
    ca: offset,
    orderer: offset,
    ordererAdmin: offset,
    ordererOperations: offset,
    peer: offset,
    peerChaincode: offset,
    peerOperations: offset,
    chaincode: offset,
    gateway: offset,
    validator: offset,
  }),
});

/** What an organisation vouches for of an agent that is enrolled with it: its certificate says so. */
const agent = z.strictObject({
  unit: z.string().min(1).max(64).optional(),
  dataSets: dataSetsSchema.optional(),
  platform: nameSchema.optional(),
});
const agents = z.record(z.string(), agent).superRefine((value, context) => {
  const unknown = Object.keys(value).filter((key) => !/^agent-[1-9]\d{0,3}$/.test(key));
  for (const key of unknown) context.addIssue({ code: 'custom', path: [key], message: 'agent-1, agent-2 and so on' });
});
const organisation = z.strictObject({ name, agents: agents.optional() });

const schema = z
  .strictObject({
    name,
    host: z.string().min(1),
    listen: z.ipv4(),
    organisations: z.array(organisation).min(1).max(31),
    organisationsByDefault: z.int().min(1),
    agentsPerOrganisation: z.int().min(0).max(1000),
    ports,
    channel: name,
    chaincode: name,
    fabric: z.string().regex(/^3\.1\.\d+$/, 'a 3.1 release'),
    fabricCa: z.string().regex(/^1\.5\.\d+$/, 'a 1.5 release'),
    consensus: z.string(),
    consensusProfiles: z.record(z.string(), consensusProfile),
    blocks: z.strictObject({
      maxMessageCount: z.int().min(1),
      absoluteMaxBytes: byteSize,
      preferredMaxBytes: byteSize,
    }),
    deadlines: z.strictObject({ node: seconds, service: seconds, channel: seconds, ready: seconds, stop: seconds }),
  })
  .superRefine((value, context) => {
    const refuse = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const names = value.organisations.map((organisation) => organisation.name);
    if (new Set(names).size !== names.length) {
      refuse(['organisations'], 'two organisations have one name');
    }
    if (value.organisationsByDefault > names.length) {
      refuse(['organisationsByDefault'], `at most ${names.length}, the number of organisations`);
    }
    const offsets = Object.values(value.ports.offsets);
    if (new Set(offsets).size !== offsets.length) {
      refuse(['ports', 'offsets'], 'two nodes share one offset');
    }
    if (Math.max(...offsets) >= value.ports.perOrganisation) {
      refuse(['ports', 'perOrganisation'], `more than the largest offset, ${Math.max(...offsets)}`);
    }
    if (value.ports.base + value.ports.perOrganisation * names.length > 65_535) {
      refuse(['ports', 'base'], 'the last port would be beyond 65535');
    }
    if (!Object.hasOwn(value.consensusProfiles, value.consensus)) {
      refuse(['consensus'], `one of ${Object.keys(value.consensusProfiles).join(', ')}`);
    }
  });

export type NetworkDescription = Readonly<z.infer<typeof schema>>;
export type ConsensusProfile = z.infer<typeof consensusProfile>;

/** The timeouts of the profile that a description names. */
export function consensusProfileOf({ consensus, consensusProfiles }: NetworkDescription): ConsensusProfile {
  const profile = consensusProfiles[consensus];
  if (profile === undefined) throw new TypeError(`the description was not checked: no profile ${consensus}`);
  return profile;
}

/** The description that comes with Muster. */
export const defaultDescriptionFile = new URL('../network.yaml', import.meta.url);

/**
 * Reads and checks a description; all faults are told at once.
 * @throws MusterError ERR_NETWORK_DESCRIPTION with the field and the limit of each fault
 */
export function readDescription(file: string | URL = defaultDescriptionFile): NetworkDescription {
  return parseDescription(readFileSync(file, 'utf8'));
}

/** Beyond these the parser of YAML, which recurses, is not asked. */
const MAX_CHARACTERS = 64 * 1024;
const MAX_DEPTH = 32;

/** Whether brackets nest too deep, wherever they stand: a description has none in its texts. */
function isNested(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** As {@link readDescription}, of the text. */
export function parseDescription(text: string): NetworkDescription {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new MusterError('ERR_NETWORK_DESCRIPTION', { issues: [{ field: '', problem }] }, { cause });
  };
  if (text.length > MAX_CHARACTERS) refuse(`at most ${MAX_CHARACTERS} characters`);
  if (isNested(text)) refuse(`brackets nested at most ${MAX_DEPTH} deep`);
  let content: unknown;
  try {
    // names of members are texts, and a description has no use for aliases that multiply
    content = parse(text, { stringKeys: true, maxAliasCount: 10, logLevel: 'error' });
  } catch (cause) {
    refuse(cause instanceof Error ? cause.message : 'is not YAML', cause);
  }
  return checkDescription(content);
}

/** As {@link readDescription}, of the value that the text means. */
export function checkDescription(content: unknown): NetworkDescription {
  const checked = schema.safeParse(content);
  if (!checked.success) {
    const issues = checked.error.issues.map(({ path, message }) => ({ field: path.join('.'), problem: message }));
    throw new MusterError('ERR_NETWORK_DESCRIPTION', { issues });
  }
  return checked.data;
}
