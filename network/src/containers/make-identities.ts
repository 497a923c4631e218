// The set-up's second step: certificates, every node's configuration, genesis, package, and data for a first job.
import { chmod, cp, mkdir } from 'node:fs/promises';
import { writePrivately } from '@muster/edge-agent/enrol';
import { makeGenesis } from '../channel/genesis.ts';
import { firstLabel, makePackage } from '../channel/make-package.ts';
import type { FabricTools } from '../derive/node-specs.ts';
import { builderFolder } from '../derive/placement.ts';
import type { NetworkPlan, OrganisationPlan } from '../derive/plan.ts';
import { chaincodeEnvironmentFile } from '../derive/services.ts';
import { enrolMembers, enrolNodes } from '../identities/enrol-organisation.ts';
import { writeMadeNetwork } from '../made-network.ts';
import type { Progress } from '../progress.ts';
import { settleAll } from '../settle-all.ts';
import { distributeMnist } from '../start/distribute-data.ts';
import { startDefaults } from '../start/options.ts';
import { writeAgentConfig, writeValidatorConfig } from '../start/run-members.ts';
import { writeNodeFiles } from '../write-node-files.ts';
import { parsePartition } from '@muster/edge-agent';

/** @throws MusterError ERR_CA_UNREACHABLE, ERR_CA_REFUSED, ERR_TOOL_FAILED */
export async function makeIdentities(
  plan: NetworkPlan,
  tools: Pick<FabricTools, 'configtxgen'>,
  progress: Progress,
): Promise<void> {
  const { organisations } = plan;
  const each = (act: (own: OrganisationPlan) => Promise<void>): Promise<unknown> => settleAll(organisations.map(act));
  await progress.step('certificates', (note) => {
    let enrolled = 0;
    const told = (): void => note(`${(enrolled += 1)} enrolled`);
    return each(async (own) => {
      await enrolNodes(plan, own, told);
      await enrolMembers(own, told);
    });
  });
  const { packageId } = await makePackage(plan);
  await progress.step('configuration of every node', () => each((own) => writeFiles(plan, own, packageId)));
  await progress.step('channel genesis', () => makeGenesis(plan, tools));
  const partition = parsePartition(startDefaults.partition);
  await progress.step('data', () => distributeMnist(organisations, { partition, seed: Number(startDefaults.seed) }));
  await writeMadeNetwork(plan, packageId);
}

async function writeFiles(plan: NetworkPlan, organisation: OrganisationPlan, packageId: string): Promise<void> {
  await writeNodeFiles(plan, organisation, firstLabel(plan));
  await writeValidatorConfig(plan, organisation);
  await Promise.all(organisation.agents.map((agent) => writeAgentConfig(plan, organisation, agent)));
  await writePrivately(chaincodeEnvironmentFile(organisation), `CHAINCODE_ID=${packageId}\n`);
  await copyBuilder(organisation);
}

/** The peer's image knows nothing of the builder: it comes with the peer's own volume. */
async function copyBuilder({ builderFolder: target }: OrganisationPlan): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o700 });
  await cp(builderFolder, target, { recursive: true });
  await Promise.all(['detect', 'build', 'release'].map((script) => chmod(`${target}/bin/${script}`, 0o700)));
}
