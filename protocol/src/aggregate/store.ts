// Where changes are held until all of them are there, for rules that must see them together.

/** A change that is held. */
export interface HeldChange {
  /** Copies the values from a position on into the array, as many as it takes or as there are. */
  read(from: number, into: Int32Array): void;
}

export interface ChangeStore {
  /** Copies a change; its memory may be used again afterwards. */
  hold(change: Int32Array): HeldChange;
}

/** Holds changes in memory. */
export function createMemoryStore(): ChangeStore {
  return {
    hold(change) {
      const copy = change.slice();
      return {
        read(from, into) {
          into.set(copy.subarray(from, from + into.length));
        },
      };
    },
  };
}
