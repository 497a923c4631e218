// Fabric's programs, wherever they come from: the user's own on PATH, an earlier build, or a build now.
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { NetworkDescription } from '../description.ts';
import type { FabricTools } from '../derive/node-specs.ts';
import type { Progress } from '../progress.ts';
import { runTool } from '../run-tool.ts';
import { settleAll } from '../settle-all.ts';
import { buildToolset, builtFolder, isBuilt } from './build-toolset.ts';
import { cacheFolder } from './cache-folder.ts';
import { parseVersion, type Toolset, toolsets } from './toolset.ts';

/**
 * Finds or makes Fabric's programs.
 * @throws MusterError ERR_FABRIC_MISSING, ERR_FABRIC_BUILD
 */
export async function ensureFabric(
  description: Pick<NetworkDescription, 'fabric' | 'fabricCa'>,
  progress: Progress,
  env: NodeJS.ProcessEnv = process.env,
): Promise<FabricTools> {
  const versions = { fabric: description.fabric, 'fabric-ca': description.fabricCa };
  const found = await settleAll(
    toolsets.map(async (toolset) => {
      const folder =
        (await findOnPath(toolset, env)) ?? (await fromCache(toolset, versions[toolset.module], progress, env));
      return toolset.tools.map((tool) => [tool, join(folder, tool)] as const);
    }),
  );
  return Object.fromEntries(found.flat()) as unknown as FabricTools;
}

async function fromCache(
  toolset: Toolset,
  version: string,
  progress: Progress,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const folder = await builtFolder(cacheFolder(env), toolset, version);
  if (!(await isBuilt(folder))) {
    await progress.step(`build ${toolset.module} ${version} from its Go module`, (note) =>
      buildToolset(folder, toolset, version, note, env),
    );
  }
  return folder;
}

/** The first folder of PATH that holds the whole set in a fitting version. */
async function findOnPath(toolset: Toolset, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const present = await Promise.all(toolset.tools.map((tool) => isExecutable(join(folder, tool))));
    if (present.every(Boolean) && (await tellsFittingVersion(folder, toolset))) {
      return folder;
    }
  }
  return undefined;
}

async function tellsFittingVersion(folder: string, toolset: Toolset): Promise<boolean> {
  const [tool, argument] = toolset.versionOf;
  const version = parseVersion(await runTool(join(folder, tool), [argument], { seconds: 10 }));
  return version?.startsWith(toolset.accepts) === true;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    // Absent, or not ours to run: the search goes on either way.
    return false;
  }
}
