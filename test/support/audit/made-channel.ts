// A channel's configuration made in a test, whose administrators' keys the test holds: what a real network's are not for.

import { randomBytes } from 'node:crypto';
import { common, msp } from '@hyperledger/fabric-protos';
import { signLowS } from '@muster/protocol';
import {
  quorumOf,
  readChannelConfig,
  type ChannelConfig,
} from '../../../edge-agent/src/audit/fabric/channel-config.ts';
import { rolePrincipal, signaturePolicy } from '../../../edge-agent/src/audit/replay/endorsement-policy.ts';
import { createTestCa, type TestCa, type TestIdentity } from '../test-ca.ts';
import { enclose, updateBetween } from './config-update.ts';

export const CHANNEL = 'made';
const { Rule } = common.ImplicitMetaPolicy;
const { PolicyType } = common.Policy;

/** fabric-protos types its maps by a package without typings. */
interface Settable<V> {
  set(key: string, value: V): unknown;
  del(key: string): unknown;
}
export interface Group {
  getGroupsMap(): Settable<common.ConfigGroup>;
  getValuesMap(): Settable<common.ConfigValue>;
  getPoliciesMap(): Settable<common.ConfigPolicy>;
}

export interface Party {
  readonly name: string;
  readonly admin: TestIdentity;
  readonly client: TestIdentity;
  readonly orderer: TestIdentity;
  readonly group: common.ConfigGroup;
}

/** Who signs: a certificate (PEM) of an organisation, and its key. */
export type Signing = Pick<TestIdentity, 'organisation' | 'certificate' | 'privateKey'>;

function serialized({ organisation, certificate }: Signing): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(organisation);
  identity.setIdBytes(Buffer.from(certificate));
  return identity.serializeBinary();
}

function policy(type: number, value: Uint8Array, modPolicy = 'Admins'): common.ConfigPolicy {
  const inner = new common.Policy();
  inner.setType(type);
  inner.setValue(value);
  const outer = new common.ConfigPolicy();
  outer.setPolicy(inner);
  outer.setModPolicy(modPolicy);
  return outer;
}

function implicit(rule: number, subPolicy: string): common.ConfigPolicy {
  const meta = new common.ImplicitMetaPolicy();
  meta.setRule(rule as 0);
  meta.setSubPolicy(subPolicy);
  return policy(PolicyType.IMPLICIT_META, meta.serializeBinary());
}

/** N of these principals. */
export function nOf(needed: number, principals: readonly msp.MSPPrincipal[]): common.ConfigPolicy {
  return policy(PolicyType.SIGNATURE, signaturePolicy(needed, principals).serializeBinary());
}

function individual(identity: TestIdentity): msp.MSPPrincipal {
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.IDENTITY);
  principal.setPrincipal(serialized(identity));
  return principal;
}

export function value(bytes: Uint8Array, modPolicy = 'Admins'): common.ConfigValue {
  const made = new common.ConfigValue();
  made.setValue(bytes);
  made.setModPolicy(modPolicy);
  return made;
}

const unit = (named: string): msp.FabricOUIdentifier => {
  const identifier = new msp.FabricOUIdentifier();
  identifier.setOrganizationalUnitIdentifier(named);
  return identifier;
};

function mspOf(ca: TestCa): Uint8Array {
  const units = new msp.FabricNodeOUs();
  units.setEnable(true);
  units.setClientOuIdentifier(unit('client'));
  units.setPeerOuIdentifier(unit('peer'));
  units.setAdminOuIdentifier(unit('admin'));
  units.setOrdererOuIdentifier(unit('orderer'));
  const fabric = new msp.FabricMSPConfig();
  fabric.setName(ca.organisation);
  fabric.setRootCertsList([Buffer.from(ca.root)]);
  fabric.setFabricNodeOus(units);
  const config = new msp.MSPConfig();
  config.setConfig(fabric.serializeBinary());
  return config.serializeBinary();
}

function group(members: {
  groups?: Readonly<Record<string, common.ConfigGroup>>;
  values?: Readonly<Record<string, common.ConfigValue>>;
  policies?: Readonly<Record<string, common.ConfigPolicy>>;
}): common.ConfigGroup {
  const made = new common.ConfigGroup();
  made.setModPolicy('Admins');
  const maps = made as Group;
  for (const [name, inner] of Object.entries(members.groups ?? {})) maps.getGroupsMap().set(name, inner);
  for (const [name, inner] of Object.entries(members.values ?? {})) maps.getValuesMap().set(name, inner);
  for (const [name, inner] of Object.entries(members.policies ?? {})) maps.getPoliciesMap().set(name, inner);
  return made;
}

/** An organisation with an administrator, a client and an orderer. */
export async function makeParty(name: string): Promise<Party> {
  const ca = await createTestCa(name);
  const issue = (kind: string): Promise<TestIdentity> => ca.issue({ name: kind, subject: `OU=${kind},CN=${kind}` });
  const [admin, client, orderer] = await Promise.all([issue('admin'), issue('client'), issue('orderer')]);
  const { MSPRoleType } = msp.MSPRole;
  const own = group({
    values: { MSP: value(mspOf(ca)) },
    policies: {
      Writers: nOf(1, [rolePrincipal(name, MSPRoleType.MEMBER)]),
      Admins: nOf(1, [rolePrincipal(name, MSPRoleType.ADMIN)]),
    },
  });
  return { name, admin, client, orderer, group: own };
}

const metaPolicies = (): Record<string, common.ConfigPolicy> => ({
  Writers: implicit(Rule.ANY, 'Writers'),
  Admins: implicit(Rule.MAJORITY, 'Admins'),
});

/** The channel's group: all parties order and apply; a batch size, and an ACL whose policy is named from the root. */
export function makeRoot(parties: readonly Party[]): common.ConfigGroup {
  const consenters = parties.map(({ name, orderer }, index) => {
    const consenter = new common.Consenter();
    consenter.setId(index + 1);
    consenter.setMspId(name);
    consenter.setIdentity(Buffer.from(orderer.certificate));
    return consenter;
  });
  const orderers = new common.Orderers();
  orderers.setConsenterMappingList(consenters);
  const groups = Object.fromEntries(parties.map((party) => [party.name, party.group]));
  const blockValidation = nOf(
    quorumOf(parties.length),
    parties.map(({ orderer }) => individual(orderer)),
  );
  return group({
    groups: {
      Orderer: group({
        groups,
        values: { Orderers: value(orderers.serializeBinary()), BatchSize: value(Buffer.from('500')) },
        policies: { ...metaPolicies(), BlockValidation: blockValidation },
      }),
      Application: group({
        groups,
        values: { ACLs: value(Buffer.from('peers'), '/Channel/Application/Admins') },
        policies: metaPolicies(),
      }),
    },
    values: { Capabilities: value(Buffer.from('V3_0')) },
    policies: metaPolicies(),
  });
}

const configEnvelope = (sequence: number, root: common.ConfigGroup, last?: common.Envelope): common.ConfigEnvelope => {
  const config = new common.Config();
  config.setSequence(sequence);
  config.setChannelGroup(root);
  const envelope = new common.ConfigEnvelope();
  envelope.setConfig(config);
  if (last !== undefined) envelope.setLastUpdate(last);
  return envelope;
};

export const foundingConfig = (root: common.ConfigGroup): ChannelConfig =>
  readChannelConfig('block 0', CHANNEL, configEnvelope(0, root).serializeBinary());

const headerOf = (signer: Signing): Uint8Array => {
  const header = new common.SignatureHeader();
  header.setCreator(serialized(signer));
  header.setNonce(randomBytes(24));
  return header.serializeBinary();
};

/** An update and its signatures in an envelope that somebody signs and hands in. */
export function handIn(channel: string, signed: common.ConfigUpdateEnvelope, sender: Signing): common.Envelope {
  const envelope = enclose(channel, signed, headerOf(sender));
  envelope.setSignature(signLowS(sender.privateKey, envelope.getPayload_asU8()));
  return envelope;
}

/** What a forger changes on the way from an update to the configuration that is said to come of it. */
export interface Forging {
  readonly update?: (update: common.ConfigUpdate) => void;
  readonly signatures?: (signatures: common.ConfigSignature[]) => common.ConfigSignature[];
  readonly envelope?: (envelope: common.Envelope) => void;
  readonly result?: (root: common.ConfigGroup) => void;
  readonly sender?: TestIdentity;
}

export const cloned = (root: common.ConfigGroup): common.ConfigGroup =>
  common.ConfigGroup.deserializeBinary(root.serializeBinary());

/** The configuration transaction's data: a change of the channel's group, signed by these. */
export function changedBy(
  config: ChannelConfig,
  change: (root: common.ConfigGroup) => void,
  signers: readonly TestIdentity[],
  { update: forgeUpdate, signatures, envelope: forgeEnvelope, result, sender = signers[0]! }: Forging = {},
): Uint8Array {
  const after = cloned(config.root);
  change(after);
  const update = updateBetween(CHANNEL, config.root, after);
  forgeUpdate?.(update);
  const signed = new common.ConfigUpdateEnvelope();
  signed.setConfigUpdate(update.serializeBinary());
  const made = signers.map((signer) => {
    const signature = new common.ConfigSignature();
    const header = headerOf(signer);
    signature.setSignatureHeader(header);
    signature.setSignature(signLowS(signer.privateKey, Buffer.concat([header, update.serializeBinary()])));
    return signature;
  });
  signed.setSignaturesList(signatures?.(made) ?? made);
  const envelope = handIn(update.getChannelId(), signed, sender);
  forgeEnvelope?.(envelope);
  const told = cloned(after);
  result?.(told);
  return configEnvelope(config.sequence + 1, told, envelope).serializeBinary();
}
