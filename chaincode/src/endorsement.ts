// State-based endorsement: the policy "so many of these organisations' peers", as Fabric stores it with a key.

import { common, msp } from '@hyperledger/fabric-protos';

function peerOf(organisation: string): msp.MSPPrincipal {
  const role = new msp.MSPRole();
  role.setMspIdentifier(organisation);
  // PEER, not MEMBER: a member's certificate could otherwise endorse in place of the organisation's peer
  role.setRole(msp.MSPRole.MSPRoleType.PEER);
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ROLE);
  principal.setPrincipal(role.serializeBinary());
  return principal;
}

function signedBy(index: number): common.SignaturePolicy {
  const rule = new common.SignaturePolicy();
  rule.setSignedBy(index);
  return rule;
}

/**
 * A SignaturePolicyEnvelope (fabric-protos, common/policies.proto) that takes endorsements by the peers of `needed` of the
 * organisations. Equal arguments are equal bytes. fabric-shim's own KeyEndorsementPolicy can only ask for all of them.
 */
export function endorsementPolicy(needed: number, organisations: readonly string[]): Uint8Array {
  const threshold = new common.SignaturePolicy.NOutOf();
  threshold.setN(needed);
  threshold.setRulesList(organisations.map((_, index) => signedBy(index)));
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(threshold);
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setVersion(0);
  envelope.setRule(rule);
  envelope.setIdentitiesList(organisations.map(peerOf));
  return envelope.serializeBinary();
}
