// Options of commands that speak to the network as one of its members: who, through which gateway, in which state folder.
import { connectMember, type DataName, type Gateway, type Member } from '@muster/edge-agent';
import { MusterError } from '@muster/protocol';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { identityFolder, type NetworkPlan, type OrganisationPlan } from '../derive/plan.ts';
import { gatewaysFor } from '../derive/services.ts';
import { readMadeNetwork } from '../made-network.ts';
import { stateOf, type StateOptions, withState } from './network-options.ts';

export interface MemberOptions extends StateOptions {
  readonly as?: string;
}

export interface Connected {
  readonly plan: NetworkPlan;
  readonly member: Member;
  readonly gateway: Gateway;
}

/** Adds the options that say which network is meant and who speaks. */
export function withMember(command: Command): Command {
  return withState(command).option(
    '--as <organisation/name>',
    'whose identity is used (default: the officer of the first organisation)',
  );
}

/**
 * The plan of the network of a state folder.
 * @throws MusterError ERR_NETWORK_ABSENT
 */
export async function madePlan(options: StateOptions): Promise<NetworkPlan> {
  const state = stateOf(options);
  const made = await readMadeNetwork(state);
  if (made === undefined) throw new MusterError('ERR_NETWORK_ABSENT', { network: 'muster', state });
  return made.plan;
}

/**
 * Runs something as a member: gateways are tried own organisation's first.
 * @throws MusterError ERR_NETWORK_ABSENT, ERR_ORGANISATION_UNKNOWN, ERR_KEYSTORE_MISSING and what `run` throws
 */
export async function asMember(options: MemberOptions, run: (connected: Connected) => Promise<void>): Promise<void> {
  const plan = await madePlan(options);
  const [wanted = '', name = 'officer'] = (options.as ?? plan.organisations[0]?.name ?? '').split('/');
  const own = organisationNamed(plan, wanted);
  const { member, gateway } = await connectMember({
    organisation: own.name,
    keys: identityFolder(own, name),
    gateways: gatewaysFor(plan, own),
  });
  try {
    await run({ plan, member, gateway });
  } finally {
    await gateway.close();
  }
}

/** Options of a service in the foreground: its configuration, or what it is derived from. */
export interface ServiceOptions extends StateOptions {
  readonly config?: string;
  readonly organisation?: string;
  readonly data?: string;
  readonly images?: string;
  readonly labels?: string;
}

/** Adds the options of a service. */
export function withService(command: Command, data: string): Command {
  return withState(command)
    .option('--config <file>', 'its configuration, JSON (edge-agent/README.md); or, from the network on this machine:')
    .option('--organisation <name>', 'whose it is')
    .option(
      '--data <path>',
      `${data}: a description (docs/training.md), or its folder (default: what \`muster data\` put there)`,
    )
    .option('--images <file>', `${data}: or IDX files, of images`)
    .option('--labels <file>', `${data}: and of labels`);
}

type WriteConfig = (plan: NetworkPlan, own: OrganisationPlan, data?: DataName) => Promise<string>;

/**
 * The configuration file of a service: the one named, or one derived from the network's state and written there.
 * @throws MusterError ERR_DOCUMENT_INVALID, ERR_NETWORK_ABSENT, ERR_ORGANISATION_UNKNOWN
 */
export async function configOf(options: ServiceOptions, write: WriteConfig): Promise<string> {
  if (options.config !== undefined) return options.config;
  const { organisation } = options;
  const data = dataOf(options);
  if (organisation === undefined) throw misused('--organisation', 'is missing');
  const plan = await madePlan(options);
  return write(plan, organisationNamed(plan, organisation), data);
}

function misused(field: string, problem: string): MusterError {
  return new MusterError('ERR_DOCUMENT_INVALID', { document: 'command line', issues: [{ field, problem }] });
}

/** The data set that the options name; paths are resolved here, since services may run elsewhere. */
function dataOf({ data, images, labels }: ServiceOptions): DataName | undefined {
  if (images === undefined && labels === undefined) return data === undefined ? undefined : resolve(data);
  if (data !== undefined) throw misused('--data', 'is given beside IDX files');
  if (images === undefined || labels === undefined) {
    throw misused(images === undefined ? '--images' : '--labels', 'is missing');
  }
  return { images: resolve(images), labels: resolve(labels) };
}

function organisationNamed(plan: NetworkPlan, name: string): OrganisationPlan {
  const own = plan.organisations.find((organisation) => organisation.name === name);
  if (own === undefined) throw new MusterError('ERR_ORGANISATION_UNKNOWN', { organisation: name });
  return own;
}

/** A service's stop: aborts when the person or the supervisor says so. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}
