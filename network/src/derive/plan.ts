// From the description to every name, port, address and folder of a network. Pure: nothing here touches the disk.
import { MusterError } from '@muster/protocol';
import { join } from 'node:path';
import type { NetworkDescription } from '../description.ts';
import { type HostedNode, holderFolder, hostsOf, layoutOf, type Placement, publicFolder } from './placement.ts';

/** What one run of the network is made of, besides the description. */
export interface PlanOptions {
  /** How many organisations take part, or which. */
  readonly organisations?: number | readonly string[];
  readonly agentsPerOrganisation?: number;
  readonly basePort?: number;
  /** `processes` by default. */
  readonly placement?: Placement;
  /** The folder everything of this network lies in. */
  readonly state: string;
}

export interface NetworkPlan {
  readonly description: NetworkDescription;
  readonly state: string;
  readonly placement: Placement;
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
  readonly placement: Placement;
  /** Where its nodes are reached from the machine they run on; by each other, under `hosts`. */
  readonly host: string;
  readonly hosts: Readonly<Record<HostedNode, string>>;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly caUrl: string;
  readonly gatewayUrl: string;
  readonly caFolder: string;
  readonly mspFolder: string;
  /** The peer's external builder. */
  readonly builderFolder: string;
  readonly roots: { readonly identity: string; readonly tls: string };
  readonly identityCa: string;
  readonly tlsCa: string;
  readonly agents: readonly string[];
  /** What the description says of agents, by name; of most nothing. */
  readonly described: Readonly<NonNullable<Described['agents']>>;
}

/**
 * @throws MusterError ERR_NETWORK_DESCRIPTION when more or other organisations are asked for than described
 */
export function planNetwork(description: NetworkDescription, options: PlanOptions): NetworkPlan {
  const { state, placement = 'processes' } = options;
  const basePort = options.basePort ?? description.ports.base;
  const agentCount = options.agentsPerOrganisation ?? description.agentsPerOrganisation;
  const agents = Array.from({ length: agentCount }, (_, index) => `agent-${index + 1}`);
  const organisations = chooseOrganisations(description, options.organisations).map(
    ({ name, agents: described = {} }, index) => {
      const { folder, published, builder } = layoutOf(placement, state, name);
      const hosts = hostsOf(placement, description, name);
      const ports = portsOf(description, basePort, index);
      return {
        name,
        consenterId: index + 1,
        folder,
        placement,
        host: description.host,
        hosts,
        ports,
        caUrl: `https://${hosts.ca}:${ports.ca}`,
        gatewayUrl: `https://${hosts.gateway}:${ports.gateway}`,
        caFolder: join(folder, 'ca'),
        mspFolder: join(published, 'msp'),
        builderFolder: builder,
        roots: { identity: join(published, 'roots', 'identity.pem'), tls: join(published, 'roots', 'tls.pem') },
        identityCa: `${name}-identity`,
        tlsCa: `${name}-tls`,
        agents,
        described,
      };
    },
  );
  // what belongs to no organisation
  const common = placement === 'containers' ? join(state, publicFolder) : state;
  const channelFolder = join(common, 'channel');
  return {
    description,
    state,
    placement,
    basePort,
    runFolder: join(state, 'run'),
    logFolder: join(state, 'log'),
    channelFolder,
    genesisFile: join(channelFolder, 'genesis.block'),
    packageFile: join(channelFolder, 'chaincode.tar.gz'),
    madeFile: join(common, 'network.json'),
    organisations,
  };
}

/** The folder of an identity's keystore. */
export function identityFolder(organisation: OrganisationPlan, name: string): string {
  return join(privateFolder(organisation, name), 'identities', name);
}

/** The folder of a node's TLS keystore. */
export function tlsFolder(organisation: OrganisationPlan, name: string): string {
  return join(privateFolder(organisation, name), 'tls', name);
}

function privateFolder({ placement, folder, agents }: OrganisationPlan, name: string): string {
  return placement === 'containers' ? join(folder, holderFolder(name, agents)) : folder;
}

/** The names that a node's TLS certificate holds: that under which others reach it, and that of its own machine. */
export function certificateHosts({ description }: NetworkPlan, organisation: OrganisationPlan, node: string): string[] {
  const { placement, host, hosts } = organisation;
  const named = (hosts as Readonly<Record<string, string>>)[node] ?? host;
  return [...new Set(placement === 'containers' ? [named, host, '127.0.0.1'] : [host, description.listen])];
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

type Described = NetworkDescription['organisations'][number];

function chooseOrganisations(description: NetworkDescription, wanted: PlanOptions['organisations']): Described[] {
  const known = description.organisations.map(({ name }) => name);
  const names = typeof wanted === 'object' ? [...wanted] : known.slice(0, wanted ?? description.organisationsByDefault);
  if (typeof wanted === 'number' && (wanted < 1 || wanted > known.length)) {
    throw refusal(`${wanted} asked for, 1 to ${known.length} are described`);
  }
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 || new Set(names).size !== names.length) {
    throw refusal(`${names.join(', ')} asked for; described are ${known.join(', ')}`);
  }
  return names.map((name) => description.organisations.find((each) => each.name === name) as Described);
}

function refusal(problem: string): MusterError {
  return new MusterError('ERR_NETWORK_DESCRIPTION', { issues: [{ field: 'organisations', problem }] });
}
