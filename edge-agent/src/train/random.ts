// The seeded generator behind every random draw: AES-256 in counter mode (NIST SP 800-38A) under a key that names the draw.
//
//   key    = SHA-256(UTF-8 of the JSON array ["muster.random.v1", ...labels]), without white space
//   stream = AES-256-CTR(key, counter block 0) of zeros, read as little-endian unsigned 32-bit words
//   below(n): the next word w with w < floor(2^32 / n) * n, modulo n (rejection, so without bias)
//   uniform(): (floor(a / 2^5) * 2^26 + floor(b / 2^6)) / 2^53 of the next two words a, b
//   shuffle: Fisher-Yates from the last place down, each exchanged with place below(i + 1)
// Labels of different kinds cannot be confused, since JSON keeps them apart. Every language has these parts.
import { createCipheriv, createHash } from 'node:crypto';

const CHUNK_BYTES = 1 << 14;
const ZEROS = new Uint8Array(CHUNK_BYTES);
const WORD = 2 ** 32;

/** What keys the draws of one agent in one round, as the ledger knows them. */
export interface SeedKey {
  readonly seed: string | number;
  readonly job: string;
  readonly round: number;
  readonly agent: string;
}

export interface Random {
  /** An unsigned 32-bit word. */
  readonly word: () => number;
  /** An integer of 0 … limit-1, each equally likely; 1 <= limit <= 2^32. */
  readonly below: (limit: number) => number;
  /** A number of [0, 1) with 53 random bits. */
  readonly uniform: () => number;
  /** Shuffles in place and returns what it was given. */
  readonly shuffle: <T extends { [index: number]: number; length: number }>(list: T) => T;
}

/**
 * A generator for one purpose.
 * @param labels what the draws are for: seed, job, round, agent, purpose…; the same labels give the same draws
 */
export function seededRandom(...labels: readonly (string | number)[]): Random {
  const key = createHash('sha256')
    .update(JSON.stringify(['muster.random.v1', ...labels]))
    .digest();
  const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  let chunk = cipher.update(ZEROS);
  let offset = 0;
  const word = (): number => {
    if (offset === CHUNK_BYTES) {
      chunk = cipher.update(ZEROS);
      offset = 0;
    }
    const value = chunk.readUInt32LE(offset);
    offset += 4;
    return value;
  };
  const below = (limit: number): number => {
    if (!Number.isInteger(limit) || limit < 1 || limit > WORD) throw new TypeError(`no integers below ${limit}`);
    const usable = Math.floor(WORD / limit) * limit;
    let value: number;
    do value = word();
    while (value >= usable);
    return value % limit;
  };
  const uniform = (): number => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53;
  const shuffle: Random['shuffle'] = (list) => {
    for (let i = list.length - 1; i > 0; i--) {
      const j = below(i + 1);
      const moved = list[i] as number;
      list[i] = list[j] as number;
      list[j] = moved;
    }
    return list;
  };
  return { word, below, uniform, shuffle };
}

/** The order in which an agent visits its examples in one epoch of a round. */
export function epochOrder({ seed, job, round, agent }: SeedKey, epoch: number, examples: number): Int32Array {
  const random = seededRandom(seed, job, round, agent, 'order', epoch);
  return random.shuffle(Int32Array.from({ length: examples }, (_, index) => index));
}

/** What the Dropouts of one step draw from: below 2^31 - 1, a function of agent, round, epoch and the step's place in it. */
export function dropoutSeed({ seed, job, round, agent }: SeedKey, epoch: number, step: number): number {
  return seededRandom(seed, job, round, agent, 'dropout', epoch, step).below(2 ** 31 - 1);
}
