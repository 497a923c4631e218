// The channel's first block, made by configtxgen.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivately } from '@muster/edge-agent/enrol';
import { stringify } from 'yaml';
import { configtx, genesisProfile } from '../derive/configtx.ts';
import type { FabricTools } from '../derive/node-specs.ts';
import type { NetworkPlan } from '../derive/plan.ts';
import { runTool } from '../run-tool.ts';

/** @throws MusterError ERR_TOOL_FAILED */
export async function makeGenesis(plan: NetworkPlan, tools: Pick<FabricTools, 'configtxgen'>): Promise<void> {
  const { channelFolder, genesisFile, description } = plan;
  await mkdir(channelFolder, { recursive: true, mode: 0o700 });
  await writePrivately(
    join(channelFolder, 'configtx.yaml'),
    stringify(configtx(plan), { aliasDuplicateObjects: false }),
  );
  await runTool(tools.configtxgen, [
    ...['-configPath', channelFolder, '-profile', genesisProfile],
    ...['-channelID', description.channel, '-outputBlock', genesisFile],
  ]);
}
