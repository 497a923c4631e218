// From the description to every name, port, address and folder of a network. Pure: nothing here touches the disk.
import { MusterError } from '@muster/protocol';
import { join } from 'node:path';
import type { NetworkDescription } from '../description.ts';

/** What one run of the network is made of, besides the description. */
export interface PlanOptions {
  /** How many organisations take part, or which. */
  readonly organisations?: number | readonly string[];
  readonly agentsPerOrganisation?: number;
  readonly basePort?: number;
  /** The folder everything of this network lies in. */
  readonly state: string;
}

export interface NetworkPlan {
  readonly description: NetworkDescription;
  readonly state: string;
  readonly basePort: number;
  readonly runFolder: string;
  readonly logFolder: string;
  readonly channelFolder: string;
  readonly genesisFile: string;
  readonly packageFile: string;
  readonly madeFile: string;
  readonly organisations: readonly OrganisationPlan[];
}

export type PortName = keyof NetworkDescription['ports']['offsets'];

export interface OrganisationPlan {
  /** The organisation's name is its MSP id. */
  readonly name: string;
  /** Its consenter id in the orderer group, from 1. */
  readonly consenterId: number;
  readonly folder: string;
  readonly host: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly caUrl: string;
  readonly gatewayUrl: string;
  readonly caFolder: string;
  readonly mspFolder: string;
  readonly roots: { readonly identity: string; readonly tls: string };
  readonly identityCa: string;
  readonly tlsCa: string;
  readonly agents: readonly string[];
}

/**
 * @throws MusterError ERR_NETWORK_DESCRIPTION when more or other organisations are asked for than described
 */
export function planNetwork(description: NetworkDescription, options: PlanOptions): NetworkPlan {
  const { state } = options;
  const basePort = options.basePort ?? description.ports.base;
  const agentCount = options.agentsPerOrganisation ?? description.agentsPerOrganisation;
  const agents = Array.from({ length: agentCount }, (_, index) => `agent-${index + 1}`);
  const organisations = chooseOrganisations(description, options.organisations).map((name, index) => {
    const folder = join(state, 'organisations', name);
    const ports = portsOf(description, basePort, index);
    return {
      name,
      consenterId: index + 1,
      folder,
      host: description.host,
      ports,
      caUrl: `https://${description.host}:${ports.ca}`,
      gatewayUrl: `https://${description.host}:${ports.gateway}`,
      caFolder: join(folder, 'ca'),
      mspFolder: join(folder, 'msp'),
      roots: { identity: join(folder, 'roots', 'identity.pem'), tls: join(folder, 'roots', 'tls.pem') },
      identityCa: `${name}-identity`,
      tlsCa: `${name}-tls`,
      agents,
    };
  });
  const channelFolder = join(state, 'channel');
  return {
    description,
    state,
    basePort,
    runFolder: join(state, 'run'),
    logFolder: join(state, 'log'),
    channelFolder,
    genesisFile: join(channelFolder, 'genesis.block'),
    packageFile: join(channelFolder, 'chaincode.tar.gz'),
    madeFile: join(state, 'network.json'),
    organisations,
  };
}

/** The folder of an identity's keystore. */
export function identityFolder(organisation: OrganisationPlan, name: string): string {
  return join(organisation.folder, 'identities', name);
}

/** The folder of a node's TLS keystore. */
export function tlsFolder(organisation: OrganisationPlan, name: string): string {
  return join(organisation.folder, 'tls', name);
}

/** Every port of a plan with the node that wants it. */
export function portsOfPlan(plan: NetworkPlan): { port: number; node: string }[] {
  return plan.organisations.flatMap(({ name, ports }) =>
    Object.entries(ports).map(([use, port]) => ({ port, node: `${use}.${name}` })),
  );
}

function portsOf(description: NetworkDescription, basePort: number, index: number): Record<PortName, number> {
  const first = basePort + index * description.ports.perOrganisation;
  const entries = Object.entries(description.ports.offsets).map(([use, offset]) => [use, first + offset]);
  return Object.fromEntries(entries) as Record<PortName, number>;
}

function chooseOrganisations(description: NetworkDescription, wanted: PlanOptions['organisations']): string[] {
  const known = description.organisations.map(({ name }) => name);
  const names = typeof wanted === 'object' ? [...wanted] : known.slice(0, wanted ?? description.organisationsByDefault);
  if (typeof wanted === 'number' && (wanted < 1 || wanted > known.length)) {
    throw refusal(`${wanted} asked for, 1 to ${known.length} are described`);
  }
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 || new Set(names).size !== names.length) {
    throw refusal(`${names.join(', ')} asked for; described are ${known.join(', ')}`);
  }
  return names;
}

function refusal(problem: string): MusterError {
  return new MusterError('ERR_NETWORK_DESCRIPTION', { issues: [{ field: 'organisations', problem }] });
}
