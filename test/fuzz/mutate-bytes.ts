// Mutations of bytes, whatever they encode: flips, cuts, repeats, lengths that lie, and pieces of other inputs.

import type { FuzzRandom } from './random.ts';

export type Mutation = (bytes: Buffer, random: FuzzRandom, others: readonly Buffer[]) => Buffer;

/** Longer inputs are cut: what grows by repetition must not grow without end. */
export const INPUT_MAX_BYTES = 256 * 1024;

/** Lengths and offsets as formats write them: at and beyond the edges of 8, 16, 32 and 64 bits. */
const EDGES = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 53n, 2n ** 64n - 1n];
const WIDTHS = [1, 2, 4, 8] as const;
/** Dangerous beginnings of length fields: DER's long and indefinite forms, protobuf's longest varint. */
const SEQUENCES = [
  '80',
  '84ffffffff',
  '847fffffff',
  '8900000000000000ffff',
  'ffffffffffffffffff01',
  '0000000000000000',
];

const replace = (bytes: Buffer, from: number, to: number, by: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);

function range(bytes: Buffer, random: FuzzRandom, most = 64): [number, number] {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random.below(most))];
}

function edge(random: FuzzRandom): Buffer {
  const width = random.pick(WIDTHS);
  const word = Buffer.alloc(8);
  word.writeBigUInt64LE(random.pick(EDGES));
  const little = Buffer.from(word.subarray(0, width));
  return random.below(2) === 0 ? little : little.reverse();
}

export const byteMutations: readonly Mutation[] = [
  // one bit
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    const at = random.below(bytes.length);
    changed[at] = (changed[at] as number) ^ (1 << random.below(8));
    return changed;
  },
  // one byte
  (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return replace(bytes, at, at + 1, Buffer.from([random.below(256)]));
  },
  // a piece is missing
  (bytes, random) => replace(bytes, ...range(bytes, random), Buffer.alloc(0)),
  // the end is missing
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  // a piece comes again, once or often
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    const piece = bytes.subarray(from, to);
    const times = random.below(20) === 0 ? 200 : 1 + random.below(3);
    return replace(bytes, to, to, Buffer.concat(Array.from({ length: times }, () => piece)));
  },
  // a number that lies, over others or between them
  (bytes, random) => {
    const word = edge(random);
    const at = random.below(bytes.length + 1);
    return replace(bytes, at, random.below(2) === 0 ? at : at + word.length, word);
  },
  (bytes, random) => {
    const sequence = Buffer.from(random.pick(SEQUENCES), 'hex');
    const at = random.below(bytes.length + 1);
    return replace(bytes, at, at + random.below(sequence.length + 1), sequence);
  },
  // the end of another input
  (bytes, random, others) => {
    const other = random.pick(others);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
];
