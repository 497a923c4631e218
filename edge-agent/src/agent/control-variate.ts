// An agent's control variate (SCAFFOLD, Karimireddy et al. 2020, algorithm 1, option II): what it adds to its gradients, and what it
// knows of its own afterwards. Both are rounded to float32, so that they come out the same wherever they are worked out again.

/**
 * What is added to each gradient of a round: share · (c − cᵢ).
 * @param share the recipe's `control`; 1 is the paper's
 */
export function correctionOf(all: Float32Array, own: Float32Array, share: number): Float32Array {
  return all.map((value, i) => share * (value - (own[i] as number)));
}

/**
 * cᵢ after an update, −δ/(K·η) − correction: the mean of the gradients that the update was made of, without what was added to them.
 * @param change the update, fixed point
 * @param rate K·η
 */
export function controlAfter(
  change: Int32Array,
  correction: Float32Array,
  { rate, fractionBits }: { readonly rate: number; readonly fractionBits: number },
): Float32Array {
  const scale = rate * 2 ** fractionBits;
  return correction.map((added, i) => -(change[i] as number) / scale - added);
}
