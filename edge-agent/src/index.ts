// The edge: what commands and tools use of agents, validators and the client of the gateways.

export * from './agent/index.ts';
export * from './client/index.ts';
export * from './data/index.ts';
export * from './job/index.ts';
export * from './outbox/index.ts';
export * from './validator/index.ts';
export { evaluateFile, evaluateModel, type EvaluationResult } from './evaluate/index.ts';
export { exportModel, seededRandom, type Recipe } from './train/index.ts';
export { silentLog, type Log } from './watch/index.ts';
