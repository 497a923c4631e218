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
