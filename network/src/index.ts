// The network for programs: stand one up, find one that runs, command it.
export { type UpOptions, upNetwork, defaultState } from './up-network.ts';
export { findNetwork } from './find-network.ts';
export { type Network, type NetworkOrganisation } from './network.ts';
export { type NetworkDescription, parseDescription, readDescription } from './description.ts';
export { type NetworkPlan, type OrganisationPlan, planNetwork } from './derive/plan.ts';
export { type IdentityPlan, memberAttributes } from './derive/identities.ts';
export { gatewaySpec, nodeName, validatorSpec } from './derive/node-specs.ts';
export { ensureFabric } from './fabric/ensure-fabric.ts';
export { cacheFolder } from './fabric/cache-folder.ts';
export { chooseFace, createProgress, type Progress, type ProgressFace, type StepTiming } from './progress.ts';
export type { NodeSpec, NodeStatus, Readiness } from './supervise/node-spec.ts';
export type { SupervisorClient } from './supervise/client.ts';
export { waitUntil } from './wait-until.ts';
export { withGateway } from './channel/channel-ready.ts';
