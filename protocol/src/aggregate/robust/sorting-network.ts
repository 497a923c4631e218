// Merge exchange (Batcher 1968; Knuth, The Art of Computer Programming, volume 3, section 5.2.2, algorithm M): comparators that
// sort any n values, the same ones whatever the values are.

/** Pairs of positions [a, b] with a < b, one after the other; of each the smaller value goes to a. */
export function sortingNetwork(n: number): Int32Array {
  const pairs: number[] = [];
  let top = 1;
  while (top * 2 < n) top *= 2;
  for (let p = n > 1 ? top : 0; p > 0; p = (p - (p % 2)) / 2) {
    let q = top;
    let r = 0;
    let d = p;
    for (;;) {
      for (let i = 0; i < n - d; i++) if ((i & p) === r) pairs.push(i, i + d);
      if (q === p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
  return Int32Array.from(pairs);
}

/**
 * As {@link sortingNetwork}, without comparators that only order values within a group: for whoever asks which values are in a
 * group, and not in which order. From the end on a comparator goes where both its positions end in one group, unless one that
 * stays comes after it there.
 * @param groupOf of a position in the sorted order; groups are neighbours
 */
export function groupingNetwork(n: number, groupOf: (position: number) => number): Int32Array {
  const sorting = sortingNetwork(n);
  const kept: number[] = [];
  const compared = new Set<number>();
  for (let at = sorting.length - 2; at >= 0; at -= 2) {
    const [a, b] = [sorting[at] as number, sorting[at + 1] as number];
    if (!compared.has(a) && !compared.has(b) && groupOf(a) === groupOf(b)) continue;
    compared.add(a).add(b);
    kept.push(b, a);
  }
  return Int32Array.from(kept.reverse());
}
