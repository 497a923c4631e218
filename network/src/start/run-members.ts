// The members of a job as processes under the supervisor: every organisation's validator and edge agents.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePrivately } from '@muster/edge-agent/enrol';
import { validatorSpec, type RunWith } from '../derive/node-specs.ts';
import { identityFolder, type NetworkPlan, type OrganisationPlan } from '../derive/plan.ts';
import { gatewayAddress, validatorConfig, validatorConfigFile } from '../derive/services.ts';
import type { SupervisorClient } from '../supervise/client.ts';
import type { NodeSpec } from '../supervise/node-spec.ts';
import { agentData, agentFolder, holdout } from './distribute-data.ts';

const agentMain = fileURLToPath(new URL('../../../edge-agent/src/agent-main.ts', import.meta.url));

async function writeConfig(file: string, config: object): Promise<void> {
  await writePrivately(file, JSON.stringify(config, null, 2));
}

/** Writes the configuration of an agent and tells how to run it. */
export async function agentSpec(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  agent: string,
  runWith: RunWith,
): Promise<NodeSpec> {
  const folder = agentFolder(organisation, agent);
  const state = join(folder, 'state');
  const config = join(folder, 'config.json');
  await mkdir(state, { recursive: true, mode: 0o700 });
  const others = plan.organisations.filter((other) => other !== organisation);
  await writeConfig(config, {
    organisation: organisation.name,
    name: agent,
    keys: identityFolder(organisation, agent),
    gateways: [organisation, ...others].map(gatewayAddress),
    state,
    data: agentData(organisation, agent),
  });
  return {
    ...validatorSpec(plan, organisation, runWith),
    name: `${agent}.${organisation.name}`,
    kind: 'agent',
    args: [agentMain, '--config', config],
  };
}

/** Gives an organisation's validator its hold-out and tells how to run it. */
export async function validatorWithHoldout(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  runWith: RunWith,
): Promise<NodeSpec> {
  await writeConfig(validatorConfigFile(organisation), {
    ...validatorConfig(plan, organisation),
    holdout: holdout(organisation),
  });
  return validatorSpec(plan, organisation, runWith);
}

/** What a network gives to run members with. */
export interface MemberHost {
  readonly plan: NetworkPlan;
  readonly runWith: RunWith;
  readonly supervisor: SupervisorClient;
}

/** Starts all validators and agents of a network; resolves when each is ready. */
export async function startMembers(
  { plan, runWith, supervisor }: MemberHost,
  onReady: (node: string) => void,
): Promise<void> {
  const specs = await Promise.all(
    plan.organisations.flatMap((organisation) => [
      validatorWithHoldout(plan, organisation, runWith),
      ...organisation.agents.map((agent) => agentSpec(plan, organisation, agent, runWith)),
    ]),
  );
  await Promise.all(
    specs.map(async (spec) => {
      await supervisor.startNode(spec);
      onReady(spec.name);
    }),
  );
}
