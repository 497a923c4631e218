// Checkpoints of a local run: what a killed process needs to go on to the same bits. One file, replaced whole.
//
//   "MUSTERCK" | header length, u32 little-endian | header, JSON | float32 values, little-endian | SHA-256 of all before
// The header names the run (its key), the place in it, the loss so far, and the tensors in order with their lengths.
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { bytesOf } from '../bytes-of.ts';

export interface CheckpointOptions {
  readonly file: string;
  /** what the run is: another job, round, base, recipe or data set has another key */
  readonly key: string;
  /** how long a run goes on between checkpoints; a run that is over sooner writes none */
  readonly everyMs: number;
}

/** Where a run is. */
export interface Checkpoint {
  /** from 1 */
  readonly epoch: number;
  /** steps of the epoch that are done */
  readonly step: number;
  /** of the epoch so far: each example's loss before the step it took part in, added up */
  readonly lossSum: number;
  /** parameters and the optimiser's state */
  readonly states: ReadonlyMap<string, Float32Array>;
}

const MAGIC = Buffer.from('MUSTERCK');
const HEADER_MAX = 1 << 22;
const DIGEST_BYTES = 32;
const PREFIX = MAGIC.length + 4;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const headerSchema = z.strictObject({
  v: z.literal(1),
  key: z.string(),
  epoch: count.min(1),
  step: count,
  lossSum: z.number(),
  tensors: z.array(z.strictObject({ name: z.string(), length: count })),
});

/** Replaces the file: after a crash at any instant it holds the one checkpoint or the other, whole. */
export function writeCheckpoint({ file, key }: CheckpointOptions, checkpoint: Checkpoint): void {
  const { epoch, step, lossSum, states } = checkpoint;
  const tensors = Array.from(states, ([name, { length }]) => ({ name, length }));
  const header = Buffer.from(JSON.stringify({ v: 1, key, epoch, step, lossSum, tensors }));
  const prefix = Buffer.alloc(PREFIX);
  prefix.set(MAGIC);
  prefix.writeUInt32LE(header.length, MAGIC.length);
  const parts = [prefix, header, ...Array.from(states.values(), bytesOf)];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.new`;
  // what an earlier process left half-written would keep its mode
  rmSync(temporary, { force: true });
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    for (const part of [...parts, hash.digest()]) {
      for (let at = 0; at < part.length;) at += writeSync(descriptor, part, at);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}

export type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'found'; readonly checkpoint: Checkpoint };

const ignored = (reason: string): Found => ({ kind: 'ignored', reason });

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function headerOf(bytes: Buffer): z.infer<typeof headerSchema> | undefined {
  if (bytes.length < PREFIX + DIGEST_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const length = bytes.readUInt32LE(MAGIC.length);
  const body = bytes.length - DIGEST_BYTES;
  if (length > HEADER_MAX || PREFIX + length > body) return undefined;
  const digest = createHash('sha256').update(bytes.subarray(0, body)).digest();
  if (!digest.equals(bytes.subarray(body))) return undefined;
  try {
    return headerSchema.parse(JSON.parse(bytes.toString('utf8', PREFIX, PREFIX + length)));
  } catch {
    return undefined; // whole, yet no header of ours: not to be used either
  }
}

/**
 * Reads the checkpoint of a run. One that is torn, altered, of another run or of other tensors is not used, and why is told.
 * @param layout names and lengths of the run's states, in order
 */
export function readCheckpoint({ file, key }: CheckpointOptions, layout: ReadonlyMap<string, number>): Found {
  const bytes = read(file);
  if (bytes === undefined) return { kind: 'none' };
  const header = headerOf(bytes);
  if (header === undefined) return ignored('it is torn or was altered');
  if (header.key !== key) return ignored('it is of another job, round, base, recipe or data set');
  const { epoch, step, lossSum, tensors } = header;
  const known = Array.from(layout, ([name, length]) => ({ name, length }));
  if (JSON.stringify(tensors) !== JSON.stringify(known)) return ignored('its tensors are not those of the run');
  const values = known.reduce((sum, { length }) => sum + length, 0);
  const start = bytes.length - DIGEST_BYTES - values * 4;
  if (start !== PREFIX + bytes.readUInt32LE(MAGIC.length)) return ignored('its values are not as many as it says');
  const floats = new Float32Array(values);
  bytesOf(floats).set(bytes.subarray(start, start + values * 4));
  let at = 0;
  const states = new Map(known.map(({ name, length }) => [name, floats.subarray(at, (at += length))]));
  return { kind: 'found', checkpoint: { epoch, step, lossSum, states } };
}

/** Removes the checkpoint of a run that is sealed. */
export function removeCheckpoint(file: string): void {
  rmSync(file, { force: true });
}
