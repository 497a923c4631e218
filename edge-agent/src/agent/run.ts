// The edge agent as a service: configuration, keystore and data from files.

import { agentConfigSchema } from '../config.ts';
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
    async ({ config: { data, state, threads }, ...running }) => {
      const shard = await readShard(data);
      running.log.info(shard.dataset, 'data set read');
      await runAgent({ ...running, shard, state, threads });
    },
    { kind: 'agent', signal },
  );
}
