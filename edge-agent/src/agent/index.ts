// The edge agent.

export { runAgent, type AgentOptions } from './agent.ts';
export { runAgentService } from './run.ts';
export { readShard, type Shard } from './shard.ts';
