// Whether a peer knows as much as the others: a client is told by its own organisation's peer, and the rest commit a block later.

import { common } from '@hyperledger/fabric-protos';
import type { Network } from '@muster/network';
import { setTimeout as delay } from 'node:timers/promises';
import { contractAt, type Peer } from './plain-puts.ts';

const DEADLINE_MS = 60_000;

async function heightOf({ contract }: Peer, channel: string): Promise<number> {
  return common.BlockchainInfo.deserializeBinary(
    await contract.evaluateTransaction('GetChainInfo', channel),
  ).getHeight();
}

/**
 * Waits until every organisation's peer holds every block that any of them holds now. Without this a look at one peer's
 * ledger may miss, of the last block, what another's client was already told.
 * @throws Error naming the heights after a minute
 */
export async function waitUntilLevel({ plan }: Pick<Network, 'plan'>): Promise<void> {
  const peers = await Promise.all(plan.organisations.map((organisation) => contractAt(plan, organisation, 'qscc')));
  const heights = (): Promise<number[]> => Promise.all(peers.map((peer) => heightOf(peer, plan.description.channel)));
  try {
    const deadline = Date.now() + DEADLINE_MS;
    let now = await heights();
    const highest = Math.max(...now);
    while (now.some((height) => height < highest)) {
      if (Date.now() > deadline) throw new Error(`peers are at blocks ${now.join(', ')}, not all at ${highest}`);
      await delay(50);
      now = await heights();
    }
  } finally {
    for (const { close } of peers) close();
  }
}
