// Where Muster keeps what can be made again: builds of Fabric, Node's compiled sources (XDG base directories).
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'muster');
}

/** Of what Node compiled, types removed: for programs that start often. */
export const compileCacheFolder = (env: NodeJS.ProcessEnv): string => join(cacheFolder(env), 'node');

/** The folder of all networks' state. */
export function stateHome(env: NodeJS.ProcessEnv): string {
  return env['MUSTER_STATE'] ?? join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'muster');
}
