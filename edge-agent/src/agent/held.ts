// Held updates: sealed, committed to, and not yet to be shown. On disk before their commitment leaves, so that an agent that is
// killed reveals the very envelope that it committed to.

import { codedStorageError, envelopeDigest, openEnvelope, readStatement, type Digest } from '@muster/protocol';
import { mkdir } from 'node:fs/promises';
import { createOutboxFiles, type OutboxEntry } from '../outbox/outbox-files.ts';

/** A sealed update that waits for its round to be revealed. */
export interface HeldUpdate {
  readonly envelope: string;
  /** what the agent commits to */
  readonly commitment: Digest;
}

/** The held updates of an agent: one a round at most. */
export interface Held {
  find(job: string, round: number): HeldUpdate | undefined;
  /** @throws ERR_STORAGE_FULL; nothing is held then */
  keep(envelope: string, update: Uint8Array): Promise<HeldUpdate>;
  read(held: HeldUpdate): Promise<Uint8Array>;
  drop(held: HeldUpdate): Promise<void>;
  /** Drops what can no longer be revealed: of a job's rounds before one, or of all where none is given. */
  dropBefore(job: string, round?: number): Promise<void>;
}

const ACT = 'round.update';

/** Opens a folder of held updates, with what an earlier process left in it. */
export async function openHeld(folder: string): Promise<Held> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = createOutboxFiles(folder);
  const entries = new Map((await files.load()).map((entry) => [entry.jti, entry]));
  const roundOf = ({ envelope }: OutboxEntry): { job: string; round: number } => readStatement(ACT, envelope).statement;
  const heldOf = (envelope: string): HeldUpdate => ({
    envelope,
    commitment: envelopeDigest(openEnvelope(envelope, ACT)),
  });
  const remove = async (jti: string): Promise<void> => {
    await files.remove(jti);
    entries.delete(jti);
  };
  return {
    find(job, round) {
      const found = [...entries.values()].find((entry) => {
        const of = roundOf(entry);
        return of.job === job && of.round === round;
      });
      return found === undefined ? undefined : heldOf(found.envelope);
    },
    async keep(envelope, update) {
      const { jti } = openEnvelope(envelope, ACT);
      const entry: OutboxEntry = { v: 1, jti, act: ACT, envelope, artefact: true };
      try {
        await files.write(entry, update);
      } catch (error) {
        throw codedStorageError(error, 'held updates');
      }
      entries.set(jti, entry);
      return heldOf(envelope);
    },
    read: ({ envelope }) => files.readArtefact(openEnvelope(envelope, ACT).jti),
    drop: ({ envelope }) => remove(openEnvelope(envelope, ACT).jti),
    async dropBefore(job, round = Infinity) {
      const over = [...entries.values()].filter((entry) => {
        const of = roundOf(entry);
        return of.job === job && of.round < round;
      });
      for (const { jti } of over) await remove(jti);
    },
  };
}
