// The channel's configuration, from a configuration block: members, orderers, policies.

import { common, msp } from '@hyperledger/fabric-protos';
import { refuse, within } from '../refuse.ts';
import { groupAt, groupsOf, policyOf, valueOf } from './config-group.ts';
import { readIdentity, readMsp, type Identity, type Msp } from './msp.ts';

export interface Consenter {
  readonly id: number;
  readonly organisation: string;
  /** SerializedIdentity */
  readonly identity: Uint8Array;
}

export interface ChannelConfig {
  readonly channel: string;
  readonly sequence: number;
  readonly root: common.ConfigGroup;
  readonly msps: ReadonlyMap<string, Msp>;
  readonly consenters: readonly Consenter[];
  /** Identities are asked for again and again, so each is read once. */
  identityOf(serialized: Uint8Array): Identity | undefined;
}

const REMEMBERED = 10_000;

function readMsps(record: string, root: common.ConfigGroup): Map<string, Msp> {
  const organisations = ['Orderer', 'Application'].flatMap((kind) => groupsOf(groupAt(root, kind)));
  const msps = new Map<string, Msp>();
  for (const organisation of organisations) {
    const value = valueOf(organisation, 'MSP');
    if (value === undefined) continue;
    const own = readMsp(record, value);
    msps.set(own.name, own);
  }
  return msps;
}

function readConsenters(record: string, root: common.ConfigGroup): Consenter[] {
  const value = valueOf(groupAt(root, 'Orderer'), 'Orderers') ?? refuse(record, 'names no orderers');
  return common.Orderers.deserializeBinary(value)
    .getConsenterMappingList()
    .map((consenter) => {
      const identity = new msp.SerializedIdentity();
      identity.setMspid(consenter.getMspId());
      identity.setIdBytes(consenter.getIdentity_asU8());
      return { id: consenter.getId(), organisation: consenter.getMspId(), identity: identity.serializeBinary() };
    });
}

/** N of the consenters' identities, N = ceil((n + f + 1) / 2), f = floor((n − 1) / 3) (fabric, common/policies/bft.go). */
export function quorumOf(consenters: number): number {
  return Math.ceil((consenters + Math.floor((consenters - 1) / 3) + 1) / 2);
}

/** The configuration must itself ask for the quorum that this auditor counts, of the same orderers. */
function requireBlockValidation(record: string, root: common.ConfigGroup, consenters: readonly Consenter[]): void {
  const policy = policyOf(groupAt(root, 'Orderer'), 'BlockValidation');
  if (policy?.getType() !== common.Policy.PolicyType.SIGNATURE)
    return refuse(record, 'BlockValidation is no signature policy');
  const envelope = common.SignaturePolicyEnvelope.deserializeBinary(policy.getValue_asU8());
  const rule = envelope.getRule()?.getNOutOf();
  const named = envelope
    .getIdentitiesList()
    .map((principal) => Buffer.from(principal.getPrincipal_asU8()).toString('hex'));
  const expected = consenters.map(({ identity }) => Buffer.from(identity).toString('hex'));
  if (rule?.getN() !== quorumOf(consenters.length) || named.join() !== expected.join()) {
    refuse(record, `BlockValidation is not ${quorumOf(consenters.length)} of the ${consenters.length} orderers`);
  }
}

/**
 * Reads the configuration that a configuration transaction carries.
 * @param payload data of the transaction's payload: common.ConfigEnvelope
 * @throws ERR_AUDIT_FAILED
 */
export function readChannelConfig(record: string, channel: string, payload: Uint8Array): ChannelConfig {
  return within(record, () => {
    const config = common.ConfigEnvelope.deserializeBinary(payload).getConfig();
    const root = config?.getChannelGroup();
    if (config === undefined || root === undefined) return refuse(record, 'has no configuration');
    const msps = readMsps(record, root);
    const consenters = readConsenters(record, root);
    const ids = new Set(consenters.map(({ id }) => id));
    const identities = new Set(consenters.map(({ identity }) => Buffer.from(identity).toString('hex')));
    if (consenters.length === 0 || ids.size !== consenters.length || identities.size !== consenters.length) {
      refuse(record, 'names an orderer twice, or none');
    }
    requireBlockValidation(record, root, consenters);
    const known = new Map<string, Identity | undefined>();
    return {
      channel,
      sequence: config.getSequence(),
      root,
      msps,
      consenters,
      identityOf(serialized) {
        const key = Buffer.from(serialized).toString('latin1');
        if (known.has(key)) return known.get(key);
        if (known.size >= REMEMBERED) known.clear();
        const identity = readIdentity(msps, serialized);
        known.set(key, identity);
        return identity;
      },
    };
  });
}
