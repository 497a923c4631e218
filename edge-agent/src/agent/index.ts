// The edge agent.

export { runAgent, type AgentOptions } from './agent.ts';
export { runAgentService } from './run.ts';
export { dataSetRoot, readExamples, readShard, type Shard, type ShardFiles } from './shard.ts';
