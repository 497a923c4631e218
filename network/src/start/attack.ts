// An attacked job, rehearsed: which agents turn malicious, and the one process in which they collude in their stead.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MusterError } from '@muster/protocol';
import { seededRandom } from '@muster/edge-agent';
import { attacks } from '@muster/edge-agent/attack';
import { writePrivately } from '@muster/edge-agent/enrol';
import { validatorSpec } from '../derive/node-specs.ts';
import { identityFolder, type NetworkPlan, type OrganisationPlan } from '../derive/plan.ts';
import { gatewaysFor } from '../derive/services.ts';
import type { NodeSpec } from '../supervise/node-spec.ts';
import { agentData } from './distribute-data.ts';
import type { MemberHost } from './run-members.ts';

export const ATTACKS = Object.keys(attacks);

/** Node of all attackers: they are one conspiracy. */
export const ATTACKERS_NODE = 'attackers';

const attackersMain = fileURLToPath(new URL('../../../edge-agent/src/attackers-main.ts', import.meta.url));

export interface RehearsedAttack {
  /** A name of the table of attacks. */
  readonly name: string;
  readonly seed: number;
  /** `<organisation>/<agent>`, sorted */
  readonly malicious: readonly string[];
}

/** The paper or code that an attack is taken from. */
export const sourceOf = (name: string): string => attacks[name]?.source ?? '';

/**
 * Draws a share of all agents, as evenly over the organisations as it goes.
 * @param share of all agents, 0 to 1
 * @returns their names, sorted
 * @throws ERR_DOCUMENT_INVALID where nobody would be malicious, or everybody
 */
export function chooseMalicious(organisations: readonly OrganisationPlan[], share: number, seed: number): string[] {
  const draw = <T>(list: readonly T[], ...labels: readonly string[]): T[] =>
    seededRandom(seed, 'malicious', ...labels)
      .shuffle([...list.keys()])
      .map((place) => list[place] as T);
  const columns = draw(organisations).map(({ name, agents }) => draw(agents, name).map((agent) => `${name}/${agent}`));
  const all = columns.flat().length;
  const count = Math.round(all * share);
  if (count === 0 || count === all) {
    const problem = `${share} of ${all} agents are ${count === 0 ? 'none' : 'all of them'}`;
    throw new MusterError('ERR_DOCUMENT_INVALID', {
      document: 'command line',
      issues: [{ field: 'malicious', problem }],
    });
  }
  const deepest = Math.max(...columns.map(({ length }) => length));
  const byTurns = Array.from({ length: deepest }, (_, turn) =>
    columns.flatMap((column) => column.slice(turn, turn + 1)),
  );
  return byTurns.flat().slice(0, count).sort();
}

function attackerConfig(plan: NetworkPlan, by: string): object {
  const [name, agent] = by.split('/') as [string, string];
  const organisation = plan.organisations.find((each) => each.name === name) as OrganisationPlan;
  const keys = identityFolder(organisation, agent);
  return { organisation: name, keys, gateways: gatewaysFor(plan, organisation), data: agentData(organisation, agent) };
}

/** Writes the attackers' configuration and tells how they are run. */
export async function attackersSpec({ plan, runWith }: MemberHost, attack: RehearsedAttack): Promise<NodeSpec> {
  const file = join(plan.runFolder, 'attackers.json');
  const attackers = attack.malicious.map((by) => attackerConfig(plan, by));
  const config = { rehearsal: true, attack: attack.name, seed: attack.seed, attackers };
  await writePrivately(file, JSON.stringify(config, null, 2));
  const [first] = plan.organisations as [OrganisationPlan];
  return {
    ...validatorSpec(plan, first, runWith),
    name: ATTACKERS_NODE,
    kind: 'agent',
    args: [attackersMain, '--config', file],
    readiness: { kind: 'log', text: '"msg":"all enrolled"' },
  };
}
