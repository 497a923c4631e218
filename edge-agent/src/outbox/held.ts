// Held envelopes: sealed, committed to, and not yet to be shown. On disk before their commitment leaves, so that who is killed
// reveals the very envelope that it committed to.

import { codedStorageError, envelopeDigest, openEnvelope, readStatement, type Digest } from '@muster/protocol';
import { mkdir } from 'node:fs/promises';
import { createOutboxFiles, type OutboxEntry } from './outbox-files.ts';

/** A sealed update or attestation that waits for its round to be revealed. */
export interface HeldEnvelope {
  readonly envelope: string;
  /** what is committed to */
  readonly commitment: Digest;
}

/** The held envelopes of one act of a device, with the bytes they speak of: one a round at most. */
export interface Held {
  find(job: string, round: number): HeldEnvelope | undefined;
  /** @throws ERR_STORAGE_FULL; nothing is held then */
  keep(envelope: string, bytes: Uint8Array): Promise<HeldEnvelope>;
  read(held: HeldEnvelope): Promise<Uint8Array>;
  drop(held: HeldEnvelope): Promise<void>;
  /** Drops what can no longer be revealed: of a job's rounds before one, or of all where none is given. */
  dropBefore(job: string, round?: number): Promise<void>;
}

/** Opens a folder of held envelopes of an act, with what an earlier process left in it. */
export async function openHeld(folder: string, act: 'round.update' | 'round.attest'): Promise<Held> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = createOutboxFiles(folder);
  const entries = new Map((await files.load()).map((entry) => [entry.jti, entry]));
  const roundOf = ({ envelope }: OutboxEntry): { job: string; round: number } => readStatement(act, envelope).statement;
  const heldOf = (envelope: string): HeldEnvelope => ({
    envelope,
    commitment: envelopeDigest(openEnvelope(envelope, act)),
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
    async keep(envelope, bytes) {
      const { jti } = openEnvelope(envelope, act);
      const entry: OutboxEntry = { v: 1, jti, act, envelope, artefact: true };
      try {
        await files.write(entry, bytes);
      } catch (error) {
        throw codedStorageError(error, 'held envelopes');
      }
      entries.set(jti, entry);
      return heldOf(envelope);
    },
    read: ({ envelope }) => files.readArtefact(openEnvelope(envelope, act).jti),
    drop: ({ envelope }) => remove(openEnvelope(envelope, act).jti),
    async dropBefore(job, round = Infinity) {
      const over = [...entries.values()].filter((entry) => {
        const of = roundOf(entry);
        return of.job === job && of.round < round;
      });
      for (const { jti } of over) await remove(jti);
    },
  };
}
