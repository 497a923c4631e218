// The ledger through Fabric's gateway service on the organisation's own peer.

import { createPrivateKey } from 'node:crypto';
import { Client, credentials, status as Grpc } from '@grpc/grpc-js';
import {
  connect,
  GatewayError,
  hash,
  type Contract,
  type Gateway,
  type Identity,
  type Network,
} from '@hyperledger/fabric-gateway';
import { common, gateway as protos, msp } from '@hyperledger/fabric-protos';
import { MusterError, signLowS } from '@muster/protocol';
import type { Call, CommitStatus, Endorsed, Ledger, LedgerBlock } from '../ports.ts';
import { readBlock, statusName } from './fabric-block.ts';
import { codedLedgerError } from './fabric-errors.ts';

/** Where the peer is and as whom to speak to it; PEM texts. */
export interface FabricOptions {
  readonly organisation: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly endpoint: string;
  readonly serverName: string;
  readonly tlsRoot: Buffer;
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
}

/**
 * The peer gives each endorser 10 s (peer.gateway.endorsementTimeout), and may ask its own and then two choices of others; a
 * shorter deadline here would hide their answers. Who is silent for long is not waited for: see roll-call.ts.
 */
const ENDORSE_MS = 35_000;
const SUBMIT_MS = 15_000;
const EVALUATE_MS = 15_000;

const DEADLINE_EXCEEDED: number = Grpc.DEADLINE_EXCEEDED;

const deadline = (ms: number): { deadline: number } => ({ deadline: Date.now() + ms });

/** Coded errors instead of Fabric's. */
async function coded<T>(promise: Promise<T>, witness?: string): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw codedLedgerError(error, witness);
  }
}

export class FabricLedger implements Ledger {
  readonly #client: Client;
  readonly #gateway: Gateway;
  readonly #network: Network;
  readonly #contract: Contract;
  readonly #options: FabricOptions;
  readonly #identity: Identity;

  constructor(options: FabricOptions) {
    this.#options = options;
    this.#client = new Client(options.endpoint, credentials.createSsl(options.tlsRoot), {
      'grpc.ssl_target_name_override': options.serverName,
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // a restarted peer is found again soon
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
      'grpc.keepalive_time_ms': 120_000,
      'grpc.keepalive_timeout_ms': 20_000,
    });
    this.#identity = { mspId: options.organisation, credentials: options.certificate };
    const key = createPrivateKey(options.privateKey);
    this.#gateway = connect({
      client: this.#client,
      identity: this.#identity,
      // by OpenSSL, at a thirtieth of the time that fabric-gateway's own signer takes in JavaScript
      signer: (message) => Promise.resolve(signLowS(key, message)),
      hash: hash.none,
      endorseOptions: () => deadline(ENDORSE_MS),
      submitOptions: () => deadline(SUBMIT_MS),
      evaluateOptions: () => deadline(EVALUATE_MS),
    });
    this.#network = this.#gateway.getNetwork(options.channel);
    this.#contract = this.#network.getContract(options.chaincode);
  }

  async endorse({ function: name, args, endorsers, chosen }: Call): Promise<Endorsed> {
    const { organisation } = this.#options;
    // a statement that names endorsers may be refused by one of them alone
    const isWitness = endorsers === undefined || (chosen === true && endorsers.includes(organisation));
    const proposal = this.#contract.newProposal(name, {
      arguments: [...args],
      ...(endorsers === undefined ? {} : { endorsingOrganizations: [...endorsers] }),
    });
    const transaction = await coded(proposal.endorse(), isWitness ? organisation : undefined);
    return {
      transaction: transaction.getTransactionId(),
      result: Buffer.from(transaction.getResult()).toString('utf8'),
      submit: async () => {
        await coded(transaction.submit());
      },
    };
  }

  async status(transaction: string, timeoutMs: number): Promise<CommitStatus | undefined> {
    try {
      const { code, blockNumber } = await this.#commitOf(transaction).getStatus(deadline(timeoutMs));
      return { transaction, status: statusName(code), block: Number(blockNumber) };
    } catch (error) {
      // no answer within the time says nothing about the transaction
      if (error instanceof GatewayError && error.code === DEADLINE_EXCEEDED) return undefined;
      throw codedLedgerError(error);
    }
  }

  /** A commit status request for any transaction of ours, also one of an earlier process. */
  #commitOf(transaction: string): ReturnType<Gateway['newCommit']> {
    const identity = new msp.SerializedIdentity();
    identity.setMspid(this.#identity.mspId);
    identity.setIdBytes(this.#identity.credentials);
    const request = new protos.CommitStatusRequest();
    request.setTransactionId(transaction);
    request.setChannelId(this.#options.channel);
    request.setIdentity(identity.serializeBinary());
    const signed = new protos.SignedCommitStatusRequest();
    signed.setRequest(request.serializeBinary());
    return this.#gateway.newCommit(signed.serializeBinary());
  }

  async evaluate({ function: name, args }: Call): Promise<string> {
    const result = await coded(this.#contract.newProposal(name, { arguments: [...args] }).evaluate());
    return Buffer.from(result).toString('utf8');
  }

  async height(): Promise<number> {
    return common.BlockchainInfo.deserializeBinary(await this.#askPeer('GetChainInfo')).getHeight();
  }

  block(number: number): Promise<Uint8Array> {
    return this.#askPeer('GetBlockByNumber', String(number));
  }

  /** Asks the peer's own query system chaincode. */
  #askPeer(name: string, ...args: readonly string[]): Promise<Uint8Array> {
    const { channel } = this.#options;
    const proposal = this.#network.getContract('qscc').newProposal(name, { arguments: [channel, ...args] });
    return coded(proposal.evaluate());
  }

  async *blocks(from: number, signal: AbortSignal): AsyncIterable<LedgerBlock> {
    const stream = await coded(this.#network.getBlockEvents({ startBlock: BigInt(from) }));
    const stop = (): void => stream.close();
    signal.addEventListener('abort', stop);
    try {
      for await (const block of stream) {
        if (signal.aborted) return;
        yield readBlock(block, this.#options.chaincode);
      }
    } catch (error) {
      throw codedLedgerError(error);
    } finally {
      signal.removeEventListener('abort', stop);
      stream.close();
    }
    if (!signal.aborted) throw new MusterError('ERR_LEDGER_UNREACHABLE', { reason: 'the stream of blocks ended' });
  }

  close(): void {
    this.#gateway.close();
    this.#client.close();
  }
}
