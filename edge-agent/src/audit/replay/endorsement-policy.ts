// The endorsement policy that the chaincode gives a key, as bytes: so many of these organisations' peers.

import { common, msp } from '@hyperledger/fabric-protos';

function peerOf(organisation: string): msp.MSPPrincipal {
  const role = new msp.MSPRole();
  role.setMspIdentifier(organisation);
  role.setRole(msp.MSPRole.MSPRoleType.PEER);
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ROLE);
  principal.setPrincipal(role.serializeBinary());
  return principal;
}

/** A SignaturePolicyEnvelope; equal arguments are equal bytes. */
export function endorsementPolicy(needed: number, organisations: readonly string[]): Buffer {
  const threshold = new common.SignaturePolicy.NOutOf();
  threshold.setN(needed);
  threshold.setRulesList(
    organisations.map((_, index) => {
      const leaf = new common.SignaturePolicy();
      leaf.setSignedBy(index);
      return leaf;
    }),
  );
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(threshold);
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setRule(rule);
  envelope.setIdentitiesList(organisations.map(peerOf));
  return Buffer.from(envelope.serializeBinary());
}
