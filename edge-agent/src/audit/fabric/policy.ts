// Policies of a channel: signature policies and the majority of them (fabric, common/cauthdsl, common/policies).

import { common, msp, peer } from '@hyperledger/fabric-protos';
import type { ChannelConfig } from './channel-config.ts';
import { groupAt, groupsOf, policyOf } from './config-group.ts';
import type { Identity } from './msp.ts';

const { MSPRoleType } = msp.MSPRole;

const ROLES = new Map<number, Identity['role']>([
  [MSPRoleType.CLIENT, 'client'],
  [MSPRoleType.PEER, 'peer'],
  [MSPRoleType.ORDERER, 'orderer'],
]);

function hasRole(identity: Identity, principal: Uint8Array): boolean {
  const wanted = msp.MSPRole.deserializeBinary(principal);
  const role = wanted.getRole();
  if (wanted.getMspIdentifier() !== identity.organisation) return false;
  if (role === MSPRoleType.MEMBER) return true;
  if (role === MSPRoleType.ADMIN) return identity.isListedAdmin || identity.role === 'admin';
  return identity.role !== undefined && ROLES.get(role) === identity.role;
}

function satisfies(config: ChannelConfig, identity: Identity, principal: msp.MSPPrincipal): boolean {
  switch (principal.getPrincipalClassification()) {
    case msp.MSPPrincipal.Classification.ROLE:
      return hasRole(identity, principal.getPrincipal_asU8());
    case msp.MSPPrincipal.Classification.IDENTITY:
      return config.identityOf(principal.getPrincipal_asU8())?.certificate.equals(identity.certificate) === true;
    default:
      return false; // nothing that Muster or its network deploys asks for units or anonymity
  }
}

/** Each identity is good for one leaf: `used` is what an outer rule has spent already (cauthdsl.compile). */
function holds(
  rule: common.SignaturePolicy | undefined,
  isMet: (principal: number, identity: number) => boolean,
  used: boolean[],
): boolean {
  if (rule?.hasNOutOf() === true) {
    const threshold = rule.getNOutOf();
    let met = 0;
    for (const inner of threshold?.getRulesList() ?? []) {
      const tried = [...used];
      if (!holds(inner, isMet, tried)) continue;
      met += 1;
      used.splice(0, used.length, ...tried);
    }
    return met >= (threshold?.getN() ?? Infinity);
  }
  if (rule?.hasSignedBy() !== true) return false;
  const free = used.findIndex((isUsed, identity) => !isUsed && isMet(rule.getSignedBy(), identity));
  if (free >= 0) used[free] = true;
  return free >= 0;
}

/** Whether identities satisfy an encoded SignaturePolicyEnvelope. Each identity is given once. */
export function satisfySignaturePolicy(
  config: ChannelConfig,
  policy: Uint8Array,
  identities: readonly Identity[],
): boolean {
  const envelope = common.SignaturePolicyEnvelope.deserializeBinary(policy);
  const principals = envelope.getIdentitiesList();
  const isMet = (index: number, at: number): boolean => {
    const principal = principals[index];
    const identity = identities[at];
    return principal !== undefined && identity !== undefined && satisfies(config, identity, principal);
  };
  return holds(
    envelope.getRule(),
    isMet,
    identities.map(() => false),
  );
}

function thresholdOf(rule: number, subPolicies: number): number {
  if (subPolicies === 0) return 0;
  if (rule === common.ImplicitMetaPolicy.Rule.ANY) return 1;
  return rule === common.ImplicitMetaPolicy.Rule.ALL ? subPolicies : Math.floor(subPolicies / 2) + 1;
}

function satisfyIn(
  config: ChannelConfig,
  group: common.ConfigGroup | undefined,
  name: string,
  identities: readonly Identity[],
): boolean {
  const policy = policyOf(group, name);
  if (group === undefined || policy === undefined) return false;
  if (policy.getType() === common.Policy.PolicyType.SIGNATURE) {
    return satisfySignaturePolicy(config, policy.getValue_asU8(), identities);
  }
  if (policy.getType() !== common.Policy.PolicyType.IMPLICIT_META) return false;
  const meta = common.ImplicitMetaPolicy.deserializeBinary(policy.getValue_asU8());
  const groups = groupsOf(group);
  const met = groups.filter((inner) => satisfyIn(config, inner, meta.getSubPolicy(), identities)).length;
  return met >= thresholdOf(meta.getRule(), groups.length);
}

/** Whether identities satisfy a policy of the channel, by its path: `/Channel/Application/Endorsement`. */
export function satisfyChannelPolicy(config: ChannelConfig, path: string, identities: readonly Identity[]): boolean {
  const [, channel, ...rest] = path.split('/');
  const name = rest.pop();
  if (channel !== 'Channel' || name === undefined) return false;
  return satisfyIn(config, groupAt(config.root, ...rest), name, identities);
}

/** Whether identities satisfy an encoded ApplicationPolicy: a signature policy, or a reference to the channel's. */
export function satisfyApplicationPolicy(
  config: ChannelConfig,
  policy: Uint8Array,
  identities: readonly Identity[],
): boolean {
  const read = peer.ApplicationPolicy.deserializeBinary(policy);
  const signature = read.getSignaturePolicy();
  if (signature !== undefined) return satisfySignaturePolicy(config, signature.serializeBinary(), identities);
  return satisfyChannelPolicy(config, read.getChannelConfigPolicyReference(), identities);
}
