// Changes of a real channel's configuration, by Fabric's own program: signed by organisations' administrators, one after the
// other, and handed in by the last.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { common } from '@hyperledger/fabric-protos';
import { waitUntil, type Network } from '@muster/network';
import { readHeader } from '../../../edge-agent/src/audit/fabric/transaction.ts';
import { createAdmin, toOrderer, type Admin } from '../../../network/src/channel/admin.ts';
import { envelopeOf, updateBetween } from './config-update.ts';
import { handIn, type Signing } from './made-channel.ts';

export class ChannelChange {
  readonly #network: Network;
  readonly #folder: string;
  #files = 0;

  /** @param folder for files on the way */
  constructor(network: Network, folder: string) {
    this.#network = network;
    this.#folder = folder;
  }

  #admin(name: string): Admin {
    const { plan, runWith } = this.#network;
    const organisation = plan.organisations.find((own) => own.name === name);
    if (organisation === undefined) throw new TypeError(`${name} is no organisation of this network`);
    return createAdmin(plan, organisation, runWith.tools);
  }

  #file(name: string): string {
    this.#files += 1;
    return join(this.#folder, `change-${this.#files}.${name}`);
  }

  /** A block, as a peer gives it: its number, `newest` or `config`. */
  async block(which: string): Promise<Buffer> {
    const into = this.#file('block');
    const name = this.#network.plan.organisations[0]!.name;
    await this.#admin(name).peer('channel', 'fetch', which, into, '--channelID', this.#network.channel);
    return readFile(into);
  }

  /** The configuration that counts now. */
  async current(): Promise<common.Config> {
    const block = common.Block.deserializeBinary(await this.block('config'));
    return common.ConfigEnvelope.deserializeBinary(configurationIn(block)).getConfig()!;
  }

  /**
   * Changes the channel's group, signed by these organisations' administrators.
   * @returns once the configuration has changed, the number of its block
   * @throws MusterError ERR_TOOL_FAILED where the orderers refuse
   */
  async make(change: (root: common.ConfigGroup) => void, signers: readonly string[]): Promise<number> {
    const { channel, plan } = this.#network;
    const config = await this.current();
    const before = config.getChannelGroup()!;
    const after = common.ConfigGroup.deserializeBinary(before.serializeBinary());
    change(after);
    const file = this.#file('update');
    await writeFile(file, envelopeOf(updateBetween(channel, before, after)).serializeBinary());
    for (const name of signers.slice(0, -1)) await this.#admin(name).peer('channel', 'signconfigtx', '--file', file);
    const [first] = plan.organisations;
    await this.#admin(signers.at(-1)!).peer(
      ...['channel', 'update', '--file', file, '--channelID', channel, ...toOrderer(first!)],
    );
    return waitUntil({ waitedFor: 'the changed configuration', seconds: 60, pollMs: 200 }, async () => {
      const block = common.Block.deserializeBinary(await this.block('config'));
      const now = common.ConfigEnvelope.deserializeBinary(configurationIn(block)).getConfig();
      if (now?.getSequence() !== config.getSequence() + 1) throw new Error(`sequence ${now?.getSequence()}`);
      return block.getHeader()!.getNumber();
    });
  }
}

/** What a configuration block's one transaction carries: common.ConfigEnvelope, encoded. */
export function configurationIn(block: common.Block): Uint8Array {
  const [envelope] = block.getData()!.getDataList_asU8();
  const payload = common.Envelope.deserializeBinary(envelope!).getPayload_asU8();
  return common.Payload.deserializeBinary(payload).getData_asU8();
}

/** A configuration as somebody would forge it who has too few signatures: the first ones only, handed in anew. */
export function withSignatures(configuration: Uint8Array, count: number, sender: Signing): Uint8Array {
  const envelope = common.ConfigEnvelope.deserializeBinary(configuration);
  const payload = common.Payload.deserializeBinary(envelope.getLastUpdate()!.getPayload_asU8());
  const signed = common.ConfigUpdateEnvelope.deserializeBinary(payload.getData_asU8());
  signed.setSignaturesList(signed.getSignaturesList().slice(0, count));
  const { channel } = readHeader(envelope.getLastUpdate()!.serializeBinary());
  envelope.setLastUpdate(handIn(channel, signed, sender));
  return envelope.serializeBinary();
}
