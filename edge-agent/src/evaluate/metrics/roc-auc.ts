// Area under the ROC curve, exactly, by ranks: the share of pairs of a positive and a negative example in which the positive
// has the higher score, equal scores counting half (Hanley and McNeil 1982).

/**
 * @param scores each at least 0
 * @param positives as many; 1 for a positive example, 0 for a negative one
 * @returns undefined without positives, without negatives, or where a score is not a number
 */
export function rocAuc(scores: Float32Array, positives: Uint8Array): number | undefined {
  // floats at least 0 are ordered as their bits are; a last binary digit tells which are positive
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  const keys = Float64Array.from(bits, (bit, index) => bit * 2 + (positives[index] ?? 0)).sort();
  if (scores.some((score) => Number.isNaN(score))) return undefined;
  let [seenPositive, seenNegative, won] = [0, 0, 0];
  for (let start = 0; start < keys.length;) {
    const bit = Math.floor((keys[start] ?? 0) / 2);
    let [positive, end] = [0, start];
    while (end < keys.length && Math.floor((keys[end] ?? 0) / 2) === bit) positive += (keys[end++] ?? 0) % 2;
    const negative = end - start - positive;
    won += positive * (seenNegative + negative / 2);
    seenPositive += positive;
    seenNegative += negative;
    start = end;
  }
  return seenPositive === 0 || seenNegative === 0 ? undefined : won / (seenPositive * seenNegative);
}

/** The mean of what is defined; undefined where nothing is. */
export function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}
