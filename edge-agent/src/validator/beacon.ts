// A validator's part in the seeds by which rounds take agents: a value for each round of each job, that nobody can foretell
// without the key in its folder, and that comes out the same after a restart.

import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { commitToBeacon, type Beacon } from '@muster/protocol';
import { readIfPresent, writePrivately } from '../enrol/index.ts';

const KEY_BYTES = 32;

/** What a validator says in an attestation of a round. */
export type Beacons = (job: string, round: number) => Beacon;

/** Opens the key in a folder, or makes one. A lost key costs a round: what was committed to with it is not revealed. */
export async function openBeacons(folder: string): Promise<Beacons> {
  const file = join(folder, 'beacon.key');
  const kept = await readIfPresent(file);
  const key = kept ?? randomBytes(KEY_BYTES).toString('hex');
  if (kept === undefined) await writePrivately(file, key);
  const value = (job: string, round: number): string =>
    createHmac('sha256', key).update(`${job}/${round}`).digest('hex');
  return (job, round) => ({ reveal: value(job, round), commit: commitToBeacon(value(job, round + 1)) });
}
