// Caliper, installed once in the cache folder from its pinned package.json.
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../network/src/fabric/cache-folder.ts';
import { runTool } from '../../network/src/run-tool.ts';

const peer = fileURLToPath(new URL('../peers/caliper/', import.meta.url));
const INSTALL_SECONDS = 600;

export interface CaliperEnvironment {
  /** Folder with `node_modules` and the workload modules. */
  readonly folder: string;
  /** Caliper's command line, to be run by Node. */
  readonly main: string;
  readonly version: string;
}

/** Installs it unless it is there already. @throws MusterError ERR_TOOL_FAILED */
export async function ensureCaliper(): Promise<CaliperEnvironment> {
  const manifest = await readFile(join(peer, 'package.json'), 'utf8');
  const folder = join(cacheFolder(process.env), 'peers', 'caliper');
  const marker = join(folder, 'ready');
  const digest = createHash('sha256').update(manifest).digest('hex');
  await mkdir(folder, { recursive: true });
  if ((await readFile(marker, 'utf8').catch(() => '')) !== digest) {
    await writeFile(join(folder, 'package.json'), manifest);
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
    await runTool('npm', args, { seconds: INSTALL_SECONDS });
    await writeFile(marker, digest);
  }
  // beside the packages, where its `require` finds them; always, since it may have changed
  await cp(join(peer, 'calls.cjs'), join(folder, 'calls.cjs'));
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  return {
    folder,
    main: join(folder, 'node_modules', '@hyperledger', 'caliper-cli', 'caliper.js'),
    version: dependencies['@hyperledger/caliper-cli'] ?? '',
  };
}
