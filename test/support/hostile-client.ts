// A member of the consortium who goes past the gateways: speaks to a peer with a certificate and key of its own, dates its
// transactions as it likes, chooses who endorses, and may change what was endorsed.

import { readFile } from 'node:fs/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, EndorseError, hash, signers, type Contract, type Gateway } from '@hyperledger/fabric-gateway';
import { common, gateway as protos, peer } from '@hyperledger/fabric-protos';
import { readKeystore } from '@muster/edge-agent/enrol';
import type { Network } from '@muster/network';
import { decodeBatch, decodeVerdicts, fromWire, type Verdict } from '@muster/protocol';

/** A transaction made by hand. */
export interface HostileCall {
  readonly fn: string;
  readonly args: readonly string[];
  /** the transaction's time, milliseconds; the client's own clock where it is left out */
  readonly at?: number;
  /** whose peers endorse; left out, the gateway peer chooses as the policy needs */
  readonly endorsers?: readonly string[];
  /** another chaincode than Muster's */
  readonly chaincode?: string;
  /** changes what was endorsed before it is signed and ordered */
  readonly tamper?: (action: peer.ChaincodeActionPayload) => void;
}

export interface HostileClient {
  /**
   * Tries a transaction.
   * @returns the code of a refusal of ours, else how the ledger validated it (`VALID`, `ENDORSEMENT_POLICY_FAILURE`, …), else
   *   `fabric:` and what Fabric said
   */
  attempt(call: HostileCall): Promise<string>;
  /** Has envelopes judged and tells the verdicts. @throws what Fabric throws */
  verdicts(call: HostileCall): Promise<Verdict[]>;
  /** Queries its peer. @returns the answer, or as attempt */
  query(fn: string, ...args: readonly string[]): Promise<string>;
  /** How many blocks its peer has. @throws what Fabric throws */
  height(): Promise<number>;
  close(): void;
}

interface Timestamp {
  setSeconds(seconds: number): void;
  setNanos(nanos: number): void;
}

/** Puts another time into a proposal that is not signed yet. */
function dated(bytes: Uint8Array, at: number): Uint8Array {
  const transaction = protos.ProposedTransaction.deserializeBinary(bytes);
  const signed = transaction.getProposal()!;
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channel = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const timestamp = channel.getTimestamp() as unknown as Timestamp;
  timestamp.setSeconds(Math.floor(at / 1000));
  timestamp.setNanos((at % 1000) * 1_000_000);
  header.setChannelHeader(channel.serializeBinary());
  proposal.setHeader(header.serializeBinary());
  signed.setProposalBytes(proposal.serializeBinary());
  return transaction.serializeBinary();
}

/** Changes an endorsed transaction that is not signed yet. */
function tampered(bytes: Uint8Array, tamper: (action: peer.ChaincodeActionPayload) => void): Uint8Array {
  const prepared = protos.PreparedTransaction.deserializeBinary(bytes);
  const envelope = prepared.getEnvelope()!;
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const [action] = transaction.getActionsList();
  const changed = peer.ChaincodeActionPayload.deserializeBinary(action!.getPayload_asU8());
  tamper(changed);
  action!.setPayload(changed.serializeBinary());
  payload.setData(transaction.serializeBinary());
  envelope.setPayload(payload.serializeBinary());
  return prepared.serializeBinary();
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return `fabric: ${String(error)}`;
  const messages = [
    ...(error instanceof EndorseError ? error.details.map(({ message }) => message) : []),
    error.message,
  ];
  const refusal = messages.map(fromWire).find((found) => found !== undefined);
  return refusal?.code ?? `fabric: ${messages.join('; ')}`;
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** The verdicts on envelopes, where the chaincode answered with a list of them. */
function verdictsOf(result: Uint8Array, args: readonly string[]): Verdict[] | undefined {
  const answer: unknown = JSON.parse(textOf(result));
  if (typeof answer !== 'object' || answer === null || !('verdicts' in answer)) return undefined;
  const staters = decodeBatch(args[0]!).map((envelope) => {
    // what is no envelope is refused, and a refusal names no stater
    const [, payload = ''] = envelope.split('.');
    const found = /"by":"([^"]*)".*"jti":"([^"]*)"/.exec(Buffer.from(payload, 'base64url').toString('utf8'));
    return { by: found?.[1] ?? '', jti: found?.[2] ?? '' };
  });
  return decodeVerdicts(textOf(result), staters);
}

/** The code of the first refusal among verdicts. */
function refusedIn(verdicts: readonly Verdict[] | undefined): string | undefined {
  const verdict = verdicts?.find(({ ok }) => !ok);
  return verdict?.ok === false ? verdict.error.code : undefined;
}

const nameOf = new Map(Object.entries(peer.TxValidationCode).map(([name, code]) => [code as number, name]));

/** Connects a keystore's holder to the peer of an organisation, its own or another's. */
export async function connectHostile(
  network: Network,
  organisation: string,
  keys: string,
  through = organisation,
): Promise<HostileClient> {
  const { peer: target } = network.organisations.find(({ name }) => name === through)!;
  const { privateKey, certificatePem } = await readKeystore(keys);
  const client = new Client(target.endpoint, credentials.createSsl(await readFile(target.tlsRootFile)), {
    'grpc.ssl_target_name_override': target.serverName,
  });
  const gateway: Gateway = connect({
    client,
    identity: { mspId: organisation, credentials: Buffer.from(certificatePem) },
    signer: signers.newPrivateKeySigner(privateKey),
    hash: hash.sha256,
    endorseOptions: () => ({ deadline: Date.now() + 35_000 }),
    evaluateOptions: () => ({ deadline: Date.now() + 10_000 }),
  });
  const contractOf = (chaincode = network.chaincode): Contract =>
    gateway.getNetwork(network.channel).getContract(chaincode);

  const endorse = ({ fn, args, at, endorsers, chaincode }: HostileCall) => {
    const proposal = contractOf(chaincode).newProposal(fn, {
      arguments: [...args],
      ...(endorsers === undefined ? {} : { endorsingOrganizations: [...endorsers] }),
    });
    return (at === undefined ? proposal : gateway.newProposal(dated(proposal.getBytes(), at))).endorse();
  };
  return {
    async attempt(call) {
      try {
        const endorsed = await endorse(call);
        const refused = refusedIn(verdictsOf(endorsed.getResult(), call.args));
        if (refused !== undefined) return refused;
        const { tamper } = call;
        const bytes = endorsed.getBytes();
        const transaction = tamper === undefined ? endorsed : gateway.newTransaction(tampered(bytes, tamper));
        const { code } = await (await transaction.submit()).getStatus();
        return nameOf.get(code) ?? String(code);
      } catch (error) {
        return told(error);
      }
    },
    async verdicts(call) {
      return verdictsOf((await endorse(call)).getResult(), call.args) ?? [];
    },
    async query(fn, ...args) {
      try {
        return textOf(await contractOf().evaluateTransaction(fn, ...args));
      } catch (error) {
        return told(error);
      }
    },
    async height() {
      const own = { arguments: [network.channel], endorsingOrganizations: [through] };
      const answer = await contractOf('qscc').newProposal('GetChainInfo', own).evaluate();
      return common.BlockchainInfo.deserializeBinary(answer).getHeight();
    },
    close() {
      gateway.close();
      client.close();
    },
  };
}
