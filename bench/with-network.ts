// What a bench borrows and must give back whatever happens: a folder of its own, and a network of four organisations in one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { upNetwork, type Network, type UpOptions } from '../network/src/index.ts';
import type { BenchOptions } from './bench.ts';

export const ORGANISATIONS = 4;

/** Runs something in a folder that is there meanwhile. */
export async function withFolder<T>(name: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), `muster-bench-${name}-`));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface NetworkOptions extends Pick<BenchOptions, 'progress'>, Pick<UpOptions, 'agentsPerOrganisation'> {
  readonly state: string;
}

/** Stands a network up on free ports, runs something with it, and takes it down; its ledger stays in its folder. */
export async function runNetwork<T>(options: NetworkOptions, use: (network: Network) => Promise<T>): Promise<T> {
  const network = await upNetwork({ ...options, organisations: ORGANISATIONS, basePort: 'free', owner: process.pid });
  try {
    return await use(network);
  } finally {
    await options.progress.step('down', () => network.down());
  }
}

/** Runs something with a network that is there meanwhile, and the folder that holds it. */
export function withNetwork<T>(
  name: string,
  options: Omit<NetworkOptions, 'state'>,
  use: (network: Network, folder: string) => Promise<T>,
): Promise<T> {
  return withFolder(name, (folder) => {
    const { progress, agentsPerOrganisation } = options;
    const state = join(folder, 'network');
    const wanted = agentsPerOrganisation === undefined ? {} : { agentsPerOrganisation };
    return runNetwork({ state, progress, ...wanted }, (network) => use(network, folder));
  });
}
