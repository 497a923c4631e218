// The reference: the ledger read block by block from the peers, past all gateways, and projected by this process from block 0.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { common } from '@hyperledger/fabric-protos';
import { keystorePaths } from '@muster/edge-agent/enrol';
import { waitUntil, type Network } from '@muster/network';
import { readBlock } from '../../gateway/src/ledger/fabric-block.ts';
import { FabricLedger } from '../../gateway/src/ledger/fabric-ledger.ts';
import { Projection } from '../../gateway/src/projection/projection.ts';
import { identityFolder } from '../../network/src/derive/plan.ts';

const FETCH_SECONDS = 90;
const AT_ONCE = 32;

/** The ledger at every organisation's peer. */
export async function connectPeers({ plan }: Network): Promise<FabricLedger[]> {
  const { channel, chaincode } = plan.description;
  return Promise.all(
    plan.organisations.map(async (organisation) => {
      const keys = keystorePaths(identityFolder(organisation, 'auditor'));
      return new FabricLedger({
        organisation: organisation.name,
        channel,
        chaincode,
        endpoint: `${organisation.host}:${organisation.ports.peer}`,
        serverName: organisation.host,
        tlsRoot: await readFile(organisation.roots.tls),
        certificate: await readFile(keys.certificate),
        privateKey: await readFile(keys.key),
      });
    }),
  );
}

export class Reference {
  readonly file: string;
  readonly projection: Projection;
  readonly #peers: readonly FabricLedger[];
  readonly #chaincode: string;

  constructor(folder: string, peers: readonly FabricLedger[], chaincode: string) {
    this.file = join(folder, 'reference.sqlite');
    this.projection = new Projection(this.file);
    this.#peers = peers;
    this.#chaincode = chaincode;
  }

  /** The most blocks that any peer has, less one: the number of the newest. */
  async newest(): Promise<number> {
    return waitUntil({ waitedFor: 'the height of some peer', seconds: FETCH_SECONDS }, async () => {
      const heights = await Promise.allSettled(this.#peers.map((peer) => peer.height()));
      const told = heights.flatMap((height) => (height.status === 'fulfilled' ? [height.value] : []));
      if (told.length === 0) throw new Error('no peer answers');
      return Math.max(...told) - 1;
    });
  }

  /** Takes blocks in up to a number. */
  async advance(to: number): Promise<void> {
    while (this.projection.block < to) {
      const from = this.projection.block + 1;
      const numbers = Array.from({ length: Math.min(AT_ONCE, to - from + 1) }, (_, i) => from + i);
      for (const bytes of await Promise.all(numbers.map((number) => this.#fetch(number)))) {
        this.projection.take(readBlock(common.Block.deserializeBinary(bytes), this.#chaincode));
      }
    }
  }

  /** Peers whose block of a number is not the first peer's: a fork. Waits until all have it. */
  async forks(block: number): Promise<number> {
    const headers = await Promise.all(
      this.#peers.map((peer, i) =>
        waitUntil({ waitedFor: `block ${block} at peer ${i}`, seconds: FETCH_SECONDS }, async () => {
          const header = common.Block.deserializeBinary(await peer.block(block)).getHeader();
          return Buffer.from(header?.serializeBinary() ?? []).toString('hex');
        }),
      ),
    );
    return headers.filter((header) => header !== headers[0]).length;
  }

  close(): void {
    this.projection.close();
    for (const peer of this.#peers) peer.close();
  }

  /** A block from whichever peer gives it. */
  #fetch(block: number): Promise<Uint8Array> {
    let turn = block;
    return waitUntil({ waitedFor: `block ${block} from some peer`, seconds: FETCH_SECONDS }, () => {
      const peer = this.#peers[turn++ % this.#peers.length] as FabricLedger;
      return peer.block(block);
    });
  }
}
