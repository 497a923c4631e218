// The seeded generator behind fuzzing: mulberry32 over a hash of labels (FNV-1a), so that a case is named by its labels alone.

export interface FuzzRandom {
  /** an integer of 0 … limit-1; 1 <= limit <= 2^32 */
  readonly below: (limit: number) => number;
  /** one of a list that is not empty */
  readonly pick: <T>(list: readonly T[]) => T;
}

function hash(labels: readonly (string | number)[]): number {
  let state = 0x811c9dc5;
  for (const character of labels.join('\0')) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  return state;
}

/** Equal labels give equal draws. Not for anything secret. */
export function createFuzzRandom(...labels: readonly (string | number)[]): FuzzRandom {
  let state = hash(labels);
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, pick: <T>(list: readonly T[]): T => list[below(list.length)] as T };
}
