// Where Muster keeps what can be made again: builds of Fabric, Node's compiled sources (XDG base directories).
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'muster');
}

/** The folder of all networks' state. */
export function stateHome(env: NodeJS.ProcessEnv): string {
  return env['MUSTER_STATE'] ?? join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'muster');
}
