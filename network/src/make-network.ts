// The steps of standing a network up: making it from nothing, or starting what was made.
import { mkdir } from 'node:fs/promises';
import { createAdmin } from './channel/admin.ts';
import { approveChaincode, commitChaincode, type Deployment, installChaincode } from './channel/deploy-chaincode.ts';
import { makeGenesis } from './channel/genesis.ts';
import { joinOrderer, joinPeer } from './channel/join-channel.ts';
import { firstLabel, makePackage } from './channel/make-package.ts';
import { caSpec, chaincodeSpec, gatewaySpec, ordererSpec, peerSpec, type RunWith } from './derive/node-specs.ts';
import type { NetworkPlan, OrganisationPlan } from './derive/plan.ts';
import { enrolMembers, enrolNodes } from './identities/enrol-organisation.ts';
import { prepareCa } from './identities/organisation-ca.ts';
import { writeMadeNetwork } from './made-network.ts';
import type { Note, Progress } from './progress.ts';
import { settleAll } from './settle-all.ts';
import type { SupervisorClient } from './supervise/client.ts';
import { writeNodeFiles } from './write-node-files.ts';

/** A run of `up`: what its parts need of each other. */
export interface Run {
  readonly plan: NetworkPlan;
  readonly runWith: RunWith;
  readonly supervisor: SupervisorClient;
  readonly progress: Progress;
  readonly chaincodeMain: string | undefined;
}

/** Certificates, channel and chaincode from nothing. @throws MusterError as `upNetwork` */
export async function makeNetwork(run: Run): Promise<void> {
  const { plan, progress, supervisor, runWith } = run;
  await progress.step('certificate authorities', () =>
    each(run, async (own) => {
      await prepareCa(plan, own);
      await supervisor.startNode(caSpec(plan, own, runWith));
    }),
  );
  await progress.step('certificates of the nodes', (note) => {
    const told = counter(note);
    return each(run, (own) => enrolNodes(plan, own, told));
  });
  const members = progress.step('certificates of officers, validators and agents', (note) => {
    const told = counter(note);
    return each(run, (own) => enrolMembers(own, told));
  });
  const founded = foundNetwork(run);
  await settleAll([members, founded]);
  await writeMadeNetwork(plan, await founded);
}

function counter(note: Note): () => void {
  let done = 0;
  return () => note(`${(done += 1)} enrolled`);
}

/** @returns the package id of the chaincode that was deployed */
async function foundNetwork(run: Run): Promise<string> {
  const { plan, progress, runWith } = run;
  const label = firstLabel(plan);
  const deployment = await makePackage(plan);
  await progress.step('channel genesis', async () => {
    await each(run, (own) => writeNodeFiles(plan, own, label));
    await makeGenesis(plan, runWith.tools);
  });
  await foundChannel(run, deployment);
  return deployment.packageId;
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

/** Starts the nodes of a network that was made before. @throws MusterError ERR_NODE_FAILED */
export async function resumeNetwork(run: Run, madePackageId: string): Promise<void> {
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

/** Starts every organisation's gateway. @throws MusterError ERR_NODE_FAILED */
export async function startGateways(run: Run): Promise<void> {
  const { plan, progress, supervisor, runWith } = run;
  await progress.step('gateways', () => each(run, (own) => supervisor.startNode(gatewaySpec(plan, own, runWith))));
}

async function startChaincodes({ plan, runWith, supervisor, chaincodeMain }: Run, id: string): Promise<void> {
  await mkdir(runWith.compileCache, { recursive: true });
  await settleAll(
    plan.organisations.map((own) => supervisor.startNode(chaincodeSpec(plan, own, runWith, id, chaincodeMain))),
  );
}

async function each({ plan }: Run, act: (organisation: OrganisationPlan) => Promise<void>): Promise<void> {
  await settleAll(plan.organisations.map(act));
}
