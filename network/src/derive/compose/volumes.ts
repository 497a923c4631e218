// The volumes: one for each node, mounted by that node and by the set-up that fills it; and a common one without keys.
import { join } from 'node:path';
import { publicFolder } from '../placement.ts';
import type { NetworkPlan, OrganisationPlan } from '../plan.ts';

export interface VolumePlan {
  readonly name: string;
  /** Where every container that has it mounts it. */
  readonly path: string;
}

/** Folders of an organisation that are volumes of their own, besides those of its agents. */
export const nodeVolumes = ['ca', 'orderer', 'peer', 'chaincode', 'gateway', 'validator', 'office'] as const;
export type NodeVolume = (typeof nodeVolumes)[number];

export function nodeVolume({ name, folder }: OrganisationPlan, node: NodeVolume): VolumePlan {
  return { name: `${name}-${node}`, path: join(folder, node) };
}

export function agentVolume({ name, folder }: OrganisationPlan, agent: string): VolumePlan {
  return { name: `${name}-${agent}`, path: join(folder, 'agents', agent) };
}

export function publicVolume({ state }: NetworkPlan): VolumePlan {
  return { name: publicFolder, path: join(state, publicFolder) };
}

/** Every volume of a network. */
export function volumesOf(plan: NetworkPlan): VolumePlan[] {
  const own = plan.organisations.flatMap((organisation) => [
    ...nodeVolumes.map((node) => nodeVolume(organisation, node)),
    ...organisation.agents.map((agent) => agentVolume(organisation, agent)),
  ]);
  return [publicVolume(plan), ...own];
}

export function mounted({ name, path }: VolumePlan): string {
  return `${name}:${path}`;
}

export function readOnly(volume: VolumePlan): string {
  return `${mounted(volume)}:ro`;
}
