// The plan of a network of containers: the same description, other places.
import type { NetworkDescription } from '../description.ts';
import { type NetworkPlan, planNetwork, type PlanOptions } from '../derive/plan.ts';

/** Where containers mount their volumes. */
export const containerState = '/var/lib/muster';

export type ContainerOptions = Omit<PlanOptions, 'state' | 'placement'>;

/** @throws MusterError ERR_NETWORK_DESCRIPTION as `planNetwork` */
export function planContainers(description: NetworkDescription, options: ContainerOptions = {}): NetworkPlan {
  // inside a container only its own networks reach it, whatever the description says of the machine
  const described = { ...description, host: 'localhost', listen: '0.0.0.0' };
  return planNetwork(described, { ...options, state: containerState, placement: 'containers' });
}
