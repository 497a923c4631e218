// Worlds as far as a test needs them: with certificates, with members, with a closed round.

import type { Terms } from '../../protocol/src/job/terms.ts';
import { createTestCa, type TestIdentity } from '../support/test-ca.ts';
import { ORGANISATIONS } from './terms.ts';
import { World, type Party } from './world.ts';

async function createParty(organisation: string): Promise<Party> {
  const ca = await createTestCa(organisation);
  const issue = (role: string, name: string = role): Promise<TestIdentity> => ca.issue({ name, role, unit: 'hq' });
  return {
    ca,
    officer: await issue('officer'),
    validator: await issue('validator'),
    requester: await issue('requester'),
    agents: [await issue('agent', 'agent-1'), await issue('agent', 'agent-2'), await issue('agent', 'agent-3')],
  };
}

/** Makes worlds that start equal; what makes the first is done once. */
function once(create: () => Promise<World>): () => Promise<World> {
  let first: Promise<World> | undefined;
  return async () => {
    first ??= create();
    return (await first).fork();
  };
}

/** Organisations that have certificates and nothing on the ledger yet. */
export const createEmptyWorld = once(async () => {
  const world = new World();
  for (const organisation of ORGANISATIONS) world.parties.set(organisation, await createParty(organisation));
  return world;
});

/** Organisations that are registered, with all their people enrolled. */
export const createWorld = once(async () => {
  const world = await createEmptyWorld();
  for (const organisation of ORGANISATIONS) {
    const { officer, validator, requester, agents } = world.party(organisation);
    await world.call('consortium:register', [world.registration(organisation)], { creator: officer });
    await world.enrol(officer, validator, requester, ...agents);
  }
  return world;
});

/** A job whose first round is closed with an update of each organisation. */
export async function createClosedWorld(changes: Partial<Terms> = {}): Promise<World> {
  const world = await createWorld();
  await world.openJob(changes);
  await world.recordAll();
  world.at += 1000;
  await world.close();
  world.at += 1000;
  return world;
}
