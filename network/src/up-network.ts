// Standing a network up: anew from its description, or again with its ledger.
import { join } from 'node:path';
import { MusterError } from '@muster/protocol';
import { waitUntilEndorsing } from './channel/channel-ready.ts';
import { foundConsortium } from './consortium/found-consortium.ts';
import { type NetworkDescription, readDescription } from './description.ts';
import { type NetworkPlan, planNetwork, type PlanOptions, portsOfPlan } from './derive/plan.ts';
import { cacheFolder, compileCacheFolder, stateHome } from './fabric/cache-folder.ts';
import { ensureFabric } from './fabric/ensure-fabric.ts';
import { forgetNetwork, readMadeNetwork, requireSame } from './made-network.ts';
import { makeNetwork, resumeNetwork, type Run, startGateways } from './make-network.ts';
import { createNetwork, type Network } from './network.ts';
import { createProgress, type Progress } from './progress.ts';
import { endSupervised, isSupervised, startSupervisor } from './supervise/client.ts';
import { findFreeBase, requireFreePorts } from './supervise/ports.ts';

export interface UpOptions extends Partial<Omit<PlanOptions, 'basePort'>> {
  readonly description?: NetworkDescription;
  /** `free`: wherever all ports are free now. */
  readonly basePort?: number | 'free';
  /** The pid with which the network ends; without it the network stays until `down`. */
  readonly owner?: number;
  readonly progress?: Progress;
  /** The chaincode's entry file; Muster's own by default. */
  readonly chaincodeMain?: string;
  /** Whether the gateways are started too (default true). */
  readonly services?: boolean;
}

/**
 * Stands a network up and resolves when every organisation's peer endorses through every other's.
 * On failure nothing is left running, and nothing of a network that was being made but its logs.
 * @throws MusterError ERR_NETWORK_RUNNING, ERR_NETWORK_CHANGED, ERR_NETWORK_DESCRIPTION, ERR_PORT_BUSY, ERR_FABRIC_MISSING,
 *   ERR_FABRIC_BUILD, ERR_NODE_FAILED, ERR_TOOL_FAILED, ERR_CA_UNREACHABLE, ERR_CA_REFUSED, ERR_WAIT_EXPIRED
 */
export async function upNetwork(options: UpOptions = {}): Promise<Network> {
  const progress = options.progress ?? createProgress('silent');
  const { plan, made } = await planUp(options);
  const tools = await ensureFabric(plan.description, progress);
  await requireFreePorts(plan.description.listen, portsOfPlan(plan));
  if (made === undefined) {
    await forgetNetwork(plan);
  }
  const runWith = { tools, node: process.execPath, compileCache: compileCacheFolder(process.env) };
  const supervisor = await startSupervisor({ run: plan.runFolder, log: plan.logFolder }, process.pid);
  const run: Run = { plan, runWith, supervisor, progress, chaincodeMain: options.chaincodeMain };
  try {
    await (made === undefined ? makeNetwork(run) : resumeNetwork(run, made));
    await progress.step('endorsement by all organisations', () => waitUntilEndorsing(plan));
    if (options.services ?? true) {
      await startGateways(run);
      await progress.step('organisations registered', () => foundConsortium(plan));
    }
    await supervisor.own(options.owner ?? null);
  } catch (error) {
    await endSupervised(plan.runFolder, plan.description.deadlines.stop);
    throw error;
  }
  return createNetwork(plan, supervisor, runWith, progress.timings);
}

/** Where what can be fetched again is kept. */
export function defaultCache(): string {
  return cacheFolder(process.env);
}

/** Where a network's state lies unless told otherwise. */
export function defaultState(description: NetworkDescription): string {
  return join(stateHome(process.env), description.name);
}

async function planUp(options: UpOptions): Promise<{ plan: NetworkPlan; made: string | undefined }> {
  const description = options.description ?? readDescription();
  const state = options.state ?? defaultState(description);
  const { basePort, ...rest } = options;
  const wanted = planNetwork(description, { ...rest, state, ...(typeof basePort === 'number' ? { basePort } : {}) });
  if (await isSupervised(wanted.runFolder)) {
    throw new MusterError('ERR_NETWORK_RUNNING', { network: description.name, state });
  }
  await endSupervised(wanted.runFolder, description.deadlines.stop);
  const before = await readMadeNetwork(state);
  if (before !== undefined) {
    requireSame(before.plan, wanted);
    return { plan: before.plan, made: before.packageId };
  }
  if (basePort !== 'free') {
    return { plan: wanted, made: undefined };
  }
  const count = description.ports.perOrganisation * wanted.organisations.length;
  const freeBase = await findFreeBase(description.listen, count);
  return { plan: planNetwork(description, { ...rest, state, basePort: freeBase }), made: undefined };
}
