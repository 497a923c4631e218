// The agents of the load: enrolled with their organisations' CAs and on the ledger, as any agent is.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { enrolCertificate, readMember, type Member } from '@muster/edge-agent';
import { memberAttributes, type Network, type OrganisationPlan } from '@muster/network';
import { connectIdentity } from '../../network/src/consortium/found-consortium.ts';

const AT_ONCE = 16;

/** An enrolled agent of the load, with its organisation. */
export interface LoadAgent {
  readonly organisation: OrganisationPlan;
  readonly member: Member;
}

async function inTurns<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await act(items[i] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** Enrols `count` agents in each organisation: key and certificate from its CA, then on the ledger. */
export async function enrolAgents(
  network: Network,
  count: number,
  folder: string,
  note: (text: string) => void,
): Promise<LoadAgent[]> {
  let enrolled = 0;
  const perOrganisation = await Promise.all(
    network.plan.organisations.map(async (organisation) => {
      const { gateway } = await connectIdentity(organisation, 'officer');
      const names = Array.from({ length: count }, (_, i) => `load-${i}`);
      const agents = await inTurns(names, async (name) => {
        const keys = join(folder, organisation.name, name);
        await mkdir(keys, { recursive: true, mode: 0o700 });
        const identity = { name, type: 'client', attributes: memberAttributes('agent', { unit: 'load' }) } as const;
        await network.enrol(organisation.name, identity, keys);
        const member = await readMember(organisation.name, keys);
        await enrolCertificate(gateway, member);
        enrolled += 1;
        if (enrolled % 100 === 0) note(`${enrolled} enrolled`);
        return { organisation, member };
      });
      await gateway.close();
      return agents;
    }),
  );
  return perOrganisation.flat();
}
