// The artefacts of a job on an agent's or validator's disk: fetched once, checked against what the ledger says each time.

import { isMusterError, type Artefact } from '@muster/protocol';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gateway } from '../client/index.ts';
import { writePrivately } from '../enrol/index.ts';
import { verifyArtefact } from './verify-artefact.ts';

/** Where artefacts come from. */
export type FetchArtefact = (artefact: Artefact) => Promise<Uint8Array>;

async function readCached(path: string, artefact: Artefact): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(path);
    verifyArtefact(artefact, bytes);
    return bytes;
  } catch (error) {
    if (isMusterError(error)) await rm(path, { force: true });
    else if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/**
 * Fetches artefacts from gateways and checks them.
 * @returns a function that throws ERR_ARTEFACT_UNKNOWN, ERR_ARTEFACT_MISMATCH
 */
export function createArtefactSource(gateway: Gateway): FetchArtefact {
  return async (artefact) => {
    const bytes = await gateway.getArtefact(artefact.cid);
    verifyArtefact(artefact, bytes);
    return bytes;
  };
}

/**
 * Fetches artefacts through a cache folder; both cache and gateway may lie, so both are checked.
 * @returns a function that throws ERR_ARTEFACT_UNKNOWN, ERR_ARTEFACT_MISMATCH
 */
export function createArtefactCache(folder: string, gateway: Gateway): FetchArtefact {
  const fetchArtefact = createArtefactSource(gateway);
  return async (artefact) => {
    const path = join(folder, artefact.cid);
    const cached = await readCached(path, artefact);
    if (cached !== undefined) return cached;
    const bytes = await fetchArtefact(artefact);
    await writePrivately(path, bytes);
    return bytes;
  };
}
