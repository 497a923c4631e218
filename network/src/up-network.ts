// Standing a network up: anew from its description, or again with its ledger.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePrivately } from '@muster/edge-agent/enrol';
import { MusterError } from '@muster/protocol';
import { createAdmin } from './channel/admin.ts';
import { chaincodePackage, digestSources, packageId } from './channel/chaincode-package.ts';
import { waitUntilEndorsing } from './channel/channel-ready.ts';
import { approveChaincode, commitChaincode, type Deployment, installChaincode } from './channel/deploy-chaincode.ts';
import { makeGenesis } from './channel/genesis.ts';
import { joinOrderer, joinPeer } from './channel/join-channel.ts';
import { foundConsortium } from './consortium/found-consortium.ts';
import type { NetworkDescription } from './description.ts';
import { readDescription } from './description.ts';
import { caSpec, chaincodeSpec, gatewaySpec, ordererSpec, peerSpec, type RunWith } from './derive/node-specs.ts';
import { type NetworkPlan, type OrganisationPlan, planNetwork, type PlanOptions, portsOfPlan } from './derive/plan.ts';
import { cacheFolder, stateHome } from './fabric/cache-folder.ts';
import { ensureFabric } from './fabric/ensure-fabric.ts';
import { enrolmentCount, enrolOrganisation } from './identities/enrol-organisation.ts';
import { prepareCa } from './identities/organisation-ca.ts';
import { forgetNetwork, readMadeNetwork, requireSame, writeMadeNetwork } from './made-network.ts';
import { createNetwork, type Network } from './network.ts';
import { createProgress, type Progress } from './progress.ts';
import { endSupervised, isSupervised, startSupervisor, type SupervisorClient } from './supervise/client.ts';
import { findFreeBase, requireFreePorts } from './supervise/ports.ts';
import { writeNodeFiles } from './write-node-files.ts';

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

/** A run of `up`: what its parts need of each other. */
interface Run {
  readonly plan: NetworkPlan;
  readonly runWith: RunWith;
  readonly supervisor: SupervisorClient;
  readonly progress: Progress;
  readonly chaincodeMain: string | undefined;
}

const FIRST_SEQUENCE = 1;

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
  const compileCache = join(cacheFolder(process.env), 'node');
  const runWith = { tools, node: process.execPath, compileCache };
  const supervisor = await startSupervisor({ run: plan.runFolder, log: plan.logFolder }, process.pid);
  const run: Run = { plan, runWith, supervisor, progress, chaincodeMain: options.chaincodeMain };
  try {
    await (made === undefined ? makeNetwork(run) : resumeNetwork(run, made));
    await progress.step('endorsement by all organisations', () => waitUntilEndorsing(plan));
    if (options.services ?? true) {
      await progress.step('gateways', () => each(run, (own) => supervisor.startNode(gatewaySpec(plan, own, runWith))));
      await progress.step('organisations registered', () => foundConsortium(plan));
    }
    await supervisor.own(options.owner ?? null);
  } catch (error) {
    await endSupervised(plan.runFolder, plan.description.deadlines.stop);
    throw error;
  }
  return createNetwork(plan, supervisor, runWith, progress.timings);
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

async function makeNetwork(run: Run): Promise<void> {
  const { plan, progress, supervisor, runWith } = run;
  await progress.step('certificate authorities', () =>
    each(run, async (own) => {
      await prepareCa(plan, own);
      await supervisor.startNode(caSpec(plan, own, runWith));
    }),
  );
  await progress.step('certificates', async (note) => {
    const total = plan.organisations.reduce((sum, own) => sum + enrolmentCount(own), 0);
    let done = 0;
    await each(run, (own) => enrolOrganisation(plan, own, () => note(`${(done += 1)} of ${total} enrolled`)));
  });
  const label = `${plan.description.chaincode}_${FIRST_SEQUENCE}`;
  const deployment = await makePackage(plan, label);
  await progress.step('channel genesis', async () => {
    await each(run, (own) => writeNodeFiles(plan, own, label));
    await makeGenesis(plan, runWith.tools);
  });
  await foundChannel(run, deployment);
  await writeMadeNetwork(plan, deployment.packageId);
}

/** Nodes start together; whatever an organisation can do on its own it does as soon as its own nodes are ready. */
async function foundChannel(run: Run, deployment: Deployment): Promise<void> {
  const { plan, progress, supervisor, runWith } = run;
  const admins = plan.organisations.map((own) => createAdmin(plan, own, runWith.tools));
  const chaincodes = progress.step('chaincode services', () => startChaincodes(run, deployment.packageId));
  const nodes = progress.step('orderers and peers join the channel', () =>
    Promise.all([
      ...admins.map(async (admin) => {
        await supervisor.startNode(ordererSpec(plan, admin.organisation, runWith));
        await joinOrderer(plan, admin);
      }),
      ...admins.map(async (admin) => {
        await supervisor.startNode(peerSpec(plan, admin.organisation, runWith));
        await joinPeer(plan, admin);
        await installChaincode(admin, deployment);
      }),
    ]),
  );
  await settleAll([chaincodes, nodes]);
  await progress.step('chaincode approved by each organisation', () =>
    Promise.all(admins.map((admin) => approveChaincode(plan, admin, deployment))),
  );
  await progress.step('chaincode committed', async () => {
    const [first] = admins;
    if (first !== undefined) {
      await commitChaincode(plan, first, deployment);
    }
  });
}

async function resumeNetwork(run: Run, madePackageId: string): Promise<void> {
  const { plan, progress, supervisor, runWith } = run;
  await progress.step('nodes', () =>
    settleAll([
      each(run, (own) => supervisor.startNode(caSpec(plan, own, runWith))),
      each(run, (own) => supervisor.startNode(ordererSpec(plan, own, runWith))),
      each(run, (own) => supervisor.startNode(peerSpec(plan, own, runWith))),
      startChaincodes(run, madePackageId),
    ]),
  );
}

async function startChaincodes({ plan, runWith, supervisor, chaincodeMain }: Run, id: string): Promise<void> {
  await mkdir(runWith.compileCache, { recursive: true });
  await settleAll(
    plan.organisations.map((own) => supervisor.startNode(chaincodeSpec(plan, own, runWith, id, chaincodeMain))),
  );
}

async function makePackage(plan: NetworkPlan, label: string): Promise<Deployment> {
  const sources = ['chaincode', 'protocol'].map((folder) =>
    fileURLToPath(new URL(`../../${folder}/src`, import.meta.url)),
  );
  await writePrivately(plan.packageFile, chaincodePackage(label, await digestSources(sources)));
  const id = packageId(label, await readFile(plan.packageFile));
  return { packageId: id, packageFile: plan.packageFile, sequence: FIRST_SEQUENCE };
}

async function each({ plan }: Run, act: (organisation: OrganisationPlan) => Promise<void>): Promise<void> {
  await settleAll(plan.organisations.map(act));
}

/** Waits for all, then throws the first failure: no part goes on unwatched while the rest is torn down. */
async function settleAll(parts: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(parts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
}
