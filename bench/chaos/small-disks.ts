// Small disks under one peer's and one orderer's ledger, so that a fault can fill them. Mounting takes rights that not every user
// has: without, these faults are left out.

import { join } from 'node:path';
import { waitUntil, type Network, type OrganisationPlan } from '@muster/network';
import { ordererFolder } from '../../network/src/derive/orderer-config.ts';
import { peerFolder } from '../../network/src/derive/peer-config.ts';
import { mountSmallDisk, moveOnto, type SmallDisk } from '../../test/support/small-disk.ts';
import { diskOwner } from './disk-owner.ts';
import type { Fault } from './faults.ts';

/** What a campaign writes has room; what fills it lies in memory for as long as it is full. */
const MEBIBYTES = 384;
const READY_SECONDS = 60;

/** By the name of the node whose ledger lies on it. */
export type SmallDisks = ReadonlyMap<string, SmallDisk>;

const FOLDERS = { peer: peerFolder, orderer: ordererFolder } as const;

async function move(network: Network, node: string, organisation: OrganisationPlan, disk: SmallDisk): Promise<void> {
  const kind = node.split('.')[0] as keyof typeof FOLDERS;
  await network.supervisor.stopNode(node);
  moveOnto(disk, join(FOLDERS[kind](organisation), 'data'));
  await network.supervisor.startNodeAgain(node);
  await waitUntil({ waitedFor: `${node} on a disk of its own`, seconds: READY_SECONDS }, async () => {
    const found = (await network.supervisor.check()).find(({ name }) => name === node);
    if (found?.state !== 'ready') throw new Error(found?.state ?? 'unknown');
  });
}

/** Puts the ledgers that these faults fill onto small disks. @returns none where mounting is not allowed */
export async function putOnSmallDisks(network: Network, faults: readonly Fault[]): Promise<SmallDisks> {
  const disks = new Map<string, SmallDisk>();
  const { organisations } = network.plan;
  for (const kind of new Set(faults.flatMap(({ fills }) => fills ?? []))) {
    const organisation = diskOwner(kind, organisations);
    const disk = mountSmallDisk(MEBIBYTES);
    if (disk === undefined) return disks;
    const node = `${kind}.${organisation.name}`;
    disks.set(node, disk);
    await move(network, node, organisation, disk);
  }
  return disks;
}
