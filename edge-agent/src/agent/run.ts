// The edge agent as a service: configuration, keystore and data from files.

import { join } from 'node:path';
import { agentConfigSchema, dataBytesOf } from '../config.ts';
import { originOf } from '../data/index.ts';
import { runService } from '../run-main.ts';
import { runAgent } from './agent.ts';
import { readShard } from './shard.ts';

/**
 * Runs an agent by its configuration file until the signal aborts.
 * @throws ERR_DOCUMENT_INVALID, ERR_KEYSTORE_*, ERR_DATA_MALFORMED, ERR_ROLE_FORBIDDEN and what enrolment throws
 */
export function runAgentService(config: string, signal: AbortSignal): Promise<void> {
  return runService(
    config,
    agentConfigSchema,
    async ({ config, ...running }) => {
      const { data, state, threads, checkpointSeconds } = config;
      const shard = await readShard(await originOf(data, join(state, 'scratch')));
      running.log.info(shard.dataset, 'data set read');
      const checkpoints = checkpointSeconds === undefined ? {} : { checkpointMs: checkpointSeconds * 1000 };
      try {
        await runAgent({ ...running, shard, state, threads, dataBytes: dataBytesOf(config), ...checkpoints });
      } finally {
        await shard.close();
      }
    },
    { kind: 'agent', signal },
  );
}
