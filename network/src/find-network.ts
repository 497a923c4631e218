// A network that was made before: running, or with its state only.
import { MusterError } from '@muster/protocol';
import { compileCacheFolder } from './fabric/cache-folder.ts';
import { ensureFabric } from './fabric/ensure-fabric.ts';
import { readMadeNetwork } from './made-network.ts';
import { createNetwork, type Network } from './network.ts';
import { createProgress } from './progress.ts';
import { connectSupervisor, isSupervised } from './supervise/client.ts';

/**
 * The running network of a state folder.
 * @throws MusterError ERR_NETWORK_ABSENT when none runs there
 */
export async function findNetwork(state: string): Promise<Network> {
  const made = await readMadeNetwork(state);
  if (made === undefined || !(await isSupervised(made.plan.runFolder))) {
    throw new MusterError('ERR_NETWORK_ABSENT', { network: made?.plan.description.name ?? 'muster', state });
  }
  const tools = await ensureFabric(made.plan.description, createProgress('silent'));
  const runWith = { tools, node: process.execPath, compileCache: compileCacheFolder(process.env) };
  return createNetwork(made.plan, connectSupervisor(made.plan.runFolder), runWith, []);
}
