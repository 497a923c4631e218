// The consortium on the ledger: each organisation pins its CA roots there, and its officer enrols.

import { readFile } from 'node:fs/promises';
import { connectMember, enrolCertificate, registerOrganisation, type Gateway, type Member } from '@muster/edge-agent';
import { identityFolder, type NetworkPlan, type OrganisationPlan } from '../derive/plan.ts';
import { gatewayAddress } from '../derive/services.ts';

/** A member's identity, connected to its organisation's gateway. */
export interface ConnectedMember {
  readonly member: Member;
  readonly gateway: Gateway;
}

/** Connects an identity of an organisation to that organisation's own gateway. */
export function connectIdentity(organisation: OrganisationPlan, name: string): Promise<ConnectedMember> {
  return connectMember({
    organisation: organisation.name,
    keys: identityFolder(organisation, name),
    gateways: [gatewayAddress(organisation)],
  });
}

/**
 * Registers every organisation and enrols its officer. Again changes nothing.
 * @throws ERR_ORGANISATION_EXISTS and what acts throw
 */
export async function foundConsortium(plan: NetworkPlan): Promise<void> {
  await Promise.all(
    plan.organisations.map(async (organisation) => {
      const { member, gateway } = await connectIdentity(organisation, 'officer');
      try {
        await registerOrganisation(gateway, member, [await readFile(organisation.roots.identity, 'utf8')]);
        await enrolCertificate(gateway, member);
      } finally {
        await gateway.close();
      }
    }),
  );
}
