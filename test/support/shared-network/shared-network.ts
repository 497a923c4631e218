// One real network for all test files whose subject leaves it standing: who asks first stands it up, who comes after finds it
// put right again, jest's global teardown takes it down. Files use it one after the other (`jest --runInBand`).

import { join } from 'node:path';
import { findNetwork, upNetwork, type Network } from '@muster/network';
import { isMusterError } from '@muster/protocol';

const stateOf = (folder: string): string => join(folder, 'network');

async function findShared(folder: string): Promise<Network | undefined> {
  try {
    return await findNetwork(stateOf(folder));
  } catch (error) {
    if (isMusterError(error, 'ERR_NETWORK_ABSENT')) return undefined;
    throw error;
  }
}

/** Ends the validators and agents that a file before this one ran, and starts what it had stopped. */
async function putRight({ supervisor }: Network): Promise<void> {
  const nodes = await supervisor.check();
  const members = nodes.filter(({ kind }) => kind === 'validator' || kind === 'agent');
  await Promise.all(members.map(({ name }) => supervisor.stopNode(name)));
  const down = nodes.filter((node) => !members.includes(node) && (node.state === 'stopped' || node.state === 'failed'));
  for (const { name } of down) await supervisor.startNodeAgain(name);
}

/**
 * The network of this run, of four organisations with three agents each: it ends with the run at the latest.
 * @throws TypeError outside of jest's project `network`, and what standing a network up throws
 */
export async function joinShared(): Promise<Network> {
  const { MUSTER_TEST_FOLDER: folder, MUSTER_TEST_OWNER: owner } = process.env;
  if (folder === undefined) throw new TypeError('no network is shared outside of the project network');
  const found = await findShared(folder);
  if (found === undefined) {
    const shape = { organisations: 4, agentsPerOrganisation: 3 } as const;
    return upNetwork({ state: stateOf(folder), ...shape, basePort: 'free', owner: Number(owner) });
  }
  await putRight(found);
  return found;
}

/** Takes the network down, if there is one. */
export async function endShared(folder: string): Promise<void> {
  const network = await findShared(folder);
  await network?.down({ purge: true });
}
