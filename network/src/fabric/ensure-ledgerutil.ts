// Fabric's ledgerutil, which checks a peer's block store: no node needs it, so it is built apart, when it is first asked for.
import { join } from 'node:path';
import type { NetworkDescription } from '../description.ts';
import { buildToolset, builtFolder, isBuilt } from './build-toolset.ts';
import { cacheFolder } from './cache-folder.ts';
import type { Toolset } from './toolset.ts';

const toolset: Toolset = {
  module: 'ledgerutil',
  tools: ['ledgerutil'],
  // it does not tell Fabric's version: its folder in the cache does
  versionOf: ['ledgerutil', '--version'],
  accepts: '',
  versionVariable: 'github.com/hyperledger/fabric/common/metadata.Version',
  needsC: false,
};

/**
 * The program's path.
 * @throws MusterError ERR_FABRIC_MISSING, ERR_FABRIC_BUILD
 */
export async function ensureLedgerutil(
  { fabric }: Pick<NetworkDescription, 'fabric'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const folder = await builtFolder(cacheFolder(env), toolset, fabric);
  if (!(await isBuilt(folder))) await buildToolset(folder, toolset, fabric, () => undefined, env);
  return join(folder, 'ledgerutil');
}
