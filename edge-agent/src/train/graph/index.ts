// The graph form that training works on: reading, shapes, building, deterministic writing.
export { GraphBuilder } from './builder.ts';
export { decodeModel } from './decode.ts';
export { encodeModel } from './encode.ts';
export * from './graph.ts';
export { inferenceForm } from './inference.ts';
export { initialParameters, parametersOf, type InitialParameter, type Parameter } from './parameters.ts';
export { live } from './live.ts';
export { LIMITS } from './limits.ts';
export { runningStatistics, type StatisticKind } from './statistics.ts';
export { specialise, type Specialised } from './specialise.ts';
