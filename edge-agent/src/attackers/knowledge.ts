// What colluding attackers know of a round: all that any agent can read of it and of the round before, and no more.

import {
  concatenate,
  countValues,
  decodeParameters,
  isMusterError,
  viewUpdate,
  type FixedPoint,
  type Parameters,
  type UpdateRecord,
} from '@muster/protocol';
import type { Change } from '../attack/index.ts';
import type { Gateway } from '../client/index.ts';
import type { FetchArtefact } from '../job/index.ts';
import type { JobSight } from '../watch/index.ts';
import { toReal } from './lies.ts';

export interface Knowledge {
  readonly base: Parameters;
  /** What the round before changed; zeros in the first. */
  readonly moved: Change;
  /** Others' changes that could be read, of this round. */
  readonly now: readonly Change[];
  /** The same of the round before. */
  readonly before: readonly Change[];
}

export interface Reader {
  readonly gateway: Gateway;
  readonly fetch: FetchArtefact;
  /** Whether an update is an attacker's. */
  readonly isOwn: (record: UpdateRecord) => boolean;
}

/** Changes of others; what cannot be had or read is left out. */
async function changesOf(
  updates: readonly UpdateRecord[],
  base: Parameters,
  fixedPoint: FixedPoint,
  { fetch, isOwn }: Reader,
): Promise<Change[]> {
  const read = async ({ update }: UpdateRecord): Promise<Change[]> => {
    try {
      return [toReal(viewUpdate(await fetch(update), base), fixedPoint)];
    } catch (error) {
      if (isMusterError(error)) return [];
      throw error;
    }
  };
  const changes = await Promise.all(updates.filter((record) => !isOwn(record)).map(read));
  return changes.flat();
}

/** Reads all there is. @throws what fetching the base throws */
export async function knowledgeOf({ job, round, updates }: JobSight, reader: Reader): Promise<Knowledge> {
  const { gateway, fetch } = reader;
  const { fixedPoint } = job.terms;
  const base = decodeParameters(await fetch(round.base));
  const now = await changesOf(updates, base, fixedPoint, reader);
  const size = countValues(base);
  if (round.round === 1) return { base, moved: new Float32Array(size), now, before: [] };
  const last = await gateway.round(job.job, round.round - 1);
  const old = decodeParameters(await fetch(last.round.base));
  const oldValues = concatenate(old, new Float32Array(size));
  const moved = concatenate(base, new Float32Array(size)).map((value, i) => value - (oldValues[i] ?? 0));
  return { base, moved, now, before: await changesOf(last.updates, old, fixedPoint, reader) };
}
