// The members of a job as processes under the supervisor: every organisation's validator and edge agents.

import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataName } from '@muster/edge-agent';
import { writePrivately } from '@muster/edge-agent/enrol';
import { validatorSpec, type RunWith } from '../derive/node-specs.ts';
import { identityFolder, type NetworkPlan, type OrganisationPlan } from '../derive/plan.ts';
import { agentConfigFile, gatewaysFor, validatorConfig, validatorConfigFile } from '../derive/services.ts';
import { settleAll } from '../settle-all.ts';
import type { SupervisorClient } from '../supervise/client.ts';
import type { NodeSpec } from '../supervise/node-spec.ts';
import { attackersSpec, type RehearsedAttack } from './attack.ts';
import { agentData, agentFolder, holdout } from './distribute-data.ts';

/** Many more at once would only keep each other from being ready in time. */
const STARTING_PER_CORE = 4;

const agentMain = fileURLToPath(new URL('../../../edge-agent/src/agent-main.ts', import.meta.url));

async function writeConfig(file: string, config: object): Promise<void> {
  await writePrivately(file, JSON.stringify(config, null, 2));
}

/**
 * Writes the configuration of an agent.
 * @param data its examples; by default those that `muster data` gave it
 * @returns the file
 */
export async function writeAgentConfig(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  agent: string,
  data: DataName = agentData(organisation, agent),
): Promise<string> {
  const folder = agentFolder(organisation, agent);
  const state = join(folder, 'state');
  const config = agentConfigFile(organisation, agent);
  await mkdir(state, { recursive: true, mode: 0o700 });
  const gateways = gatewaysFor(plan, organisation);
  const keys = identityFolder(organisation, agent);
  await writeConfig(config, { organisation: organisation.name, name: agent, keys, gateways, state, data });
  return config;
}

/**
 * Writes the configuration of an organisation's validator.
 * @param data its hold-out; by default that which `muster data` gave it
 * @returns the file
 */
export async function writeValidatorConfig(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  data: DataName = holdout(organisation),
): Promise<string> {
  const file = validatorConfigFile(organisation);
  await writeConfig(file, { ...validatorConfig(plan, organisation), holdout: data });
  return file;
}

/** How the supervisor runs an agent of an organisation; its configuration is written. */
export async function agentSpec(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  agent: string,
  runWith: RunWith,
): Promise<NodeSpec> {
  return {
    ...validatorSpec(plan, organisation, runWith),
    name: `${agent}.${organisation.name}`,
    kind: 'agent',
    args: [agentMain, '--config', await writeAgentConfig(plan, organisation, agent)],
  };
}

/** What a network gives to run members with. */
export interface MemberHost {
  readonly plan: NetworkPlan;
  readonly runWith: RunWith;
  readonly supervisor: SupervisorClient;
}

/**
 * Starts all validators and agents of a network; resolves when each is ready.
 * @param attack in which attackers take the place of some agents
 */
export async function startMembers(
  host: MemberHost,
  onReady: (node: string) => void,
  attack?: RehearsedAttack,
): Promise<void> {
  const { plan, runWith, supervisor } = host;
  const isHonest = (organisation: OrganisationPlan, agent: string): boolean =>
    attack?.malicious.includes(`${organisation.name}/${agent}`) !== true;
  const specs = await Promise.all([
    ...plan.organisations.flatMap((organisation) => [
      writeValidatorConfig(plan, organisation).then(() => validatorSpec(plan, organisation, runWith)),
      ...organisation.agents
        .filter((agent) => isHonest(organisation, agent))
        .map((agent) => agentSpec(plan, organisation, agent, runWith)),
    ]),
    ...(attack === undefined ? [] : [attackersSpec(host, attack)]),
  ]);
  const queue = specs.values();
  const start = async (): Promise<void> => {
    for (const spec of queue) {
      await supervisor.startNode(spec);
      onReady(spec.name);
    }
  };
  await settleAll(Array.from({ length: availableParallelism() * STARTING_PER_CORE }, start));
}
