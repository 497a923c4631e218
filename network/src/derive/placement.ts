// Where an organisation's nodes run and where their files lie: as processes of one machine, in one tree of the state folder
// by kind of file; or as containers, each in a folder of its own, which is all of the organisation that it mounts.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkDescription } from '../description.ts';

export type Placement = 'processes' | 'containers';

/** Nodes that others connect to. */
export const hostedNodes = ['ca', 'orderer', 'peer', 'chaincode', 'gateway'] as const;
export type HostedNode = (typeof hostedNodes)[number];

/** The scripts by which a peer takes packages of a chaincode that runs as a service. */
export const builderFolder = fileURLToPath(new URL('../../fabric/builder', import.meta.url));

/** Names under which other nodes reach an organisation's: containers by the name of their service. */
export function hostsOf(
  placement: Placement,
  { host }: Pick<NetworkDescription, 'host'>,
  organisation: string,
): Record<HostedNode, string> {
  const entries = hostedNodes.map((node) => [node, placement === 'containers' ? `${node}.${organisation}` : host]);
  return Object.fromEntries(entries) as Record<HostedNode, string>;
}

export interface Layout {
  /** An organisation's own folder. */
  readonly folder: string;
  /** What every organisation may read of it: roots and MSP. */
  readonly published: string;
  readonly builder: string;
}

/** Where an organisation's files lie under the state folder. */
export function layoutOf(placement: Placement, state: string, organisation: string): Layout {
  if (placement === 'processes') {
    const folder = join(state, 'organisations', organisation);
    return { folder, published: folder, builder: builderFolder };
  }
  const folder = join(state, organisation);
  return { folder, published: join(state, publicFolder, organisation), builder: join(folder, 'peer', 'builder') };
}

/** The folder of containers' common state: certificates, genesis, package; no key. */
export const publicFolder = 'public';

const holders: Readonly<Record<string, string>> = {
  peer: 'peer',
  orderer: 'orderer',
  chaincode: 'chaincode',
  gateway: 'gateway',
  relay: 'gateway',
  validator: 'validator',
};

/** The folder, inside an organisation's, of whoever holds an identity or a node's TLS key when each has its own. */
export function holderFolder(name: string, agents: readonly string[]): string {
  return agents.includes(name) ? join('agents', name) : (holders[name] ?? 'office');
}
