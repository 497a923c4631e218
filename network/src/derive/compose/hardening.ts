// What every container is denied: root, a writable root file system, capabilities, new privileges, memory without end.
import type { Settings } from '../overlay.ts';

/** The user of all containers: `node` in the official Node images; volumes belong to it. */
export const containerUser = '1000:1000';

/** @param memory - the limit, as `512m` or `2g` */
export function hardened(memory: string): Settings {
  return {
    user: containerUser,
    read_only: true,
    tmpfs: ['/tmp:mode=1777,size=64m'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    mem_limit: memory,
    pids_limit: 512,
    init: true,
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
  };
}

/** Restarts whenever it dies, and with the machine; a one-shot does not. */
export const restarted: Settings = { restart: 'unless-stopped' };
