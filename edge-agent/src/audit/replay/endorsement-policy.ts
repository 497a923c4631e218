// The endorsement policy that the chaincode gives a key, as bytes: so many of these organisations' peers.

import { common, msp } from '@hyperledger/fabric-protos';

/** Everybody who has a role in an organisation. @param named a value of MSPRoleType */
export function rolePrincipal(organisation: string, named: number): msp.MSPPrincipal {
  const role = new msp.MSPRole();
  role.setMspIdentifier(organisation);
  role.setRole(named as 0);
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ROLE);
  principal.setPrincipal(role.serializeBinary());
  return principal;
}

const peerOf = (organisation: string): msp.MSPPrincipal => rolePrincipal(organisation, msp.MSPRole.MSPRoleType.PEER);

/** So many of the principals must sign. */
export function signaturePolicy(
  needed: number,
  principals: readonly msp.MSPPrincipal[],
): common.SignaturePolicyEnvelope {
  const threshold = new common.SignaturePolicy.NOutOf();
  threshold.setN(needed);
  threshold.setRulesList(
    principals.map((_, index) => {
      const leaf = new common.SignaturePolicy();
      leaf.setSignedBy(index);
      return leaf;
    }),
  );
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(threshold);
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setRule(rule);
  envelope.setIdentitiesList([...principals]);
  return envelope;
}

/** A SignaturePolicyEnvelope; equal arguments are equal bytes. */
export function endorsementPolicy(needed: number, organisations: readonly string[]): Buffer {
  return Buffer.from(signaturePolicy(needed, organisations.map(peerOf)).serializeBinary());
}
