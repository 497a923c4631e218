// Integer powers and the cosine of half a turn, from + - * / alone: the host's own may differ in the last bit between
// machines, and every machine must train at the same rates.

/** base^exponent for whole exponents, by squaring. */
export function power(base: number, exponent: number): number {
  if (!Number.isInteger(exponent) || exponent < 0) throw new TypeError(`no power of exponent ${exponent}`);
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** Taylor's series in x², from the highest term down; |x| <= pi/4, so that eleven terms leave less than 1e-17. */
function series(x: number, start: number): number {
  let sum = 1;
  for (let n = start + 18; n >= start; n -= 2) sum = 1 - ((x * x) / (n * (n + 1))) * sum;
  return sum;
}

/**
 * cos(pi x), to within 1e-15.
 * @param x a share of half a turn, 0 … 1
 */
export function cosine(x: number): number {
  if (!(x >= 0 && x <= 1)) throw new TypeError(`${x} is not within 0 … 1`);
  if (x > 0.5) return -cosine(1 - x);
  if (x <= 0.25) return series(Math.PI * x, 1);
  const rest = Math.PI * (0.5 - x);
  return rest * series(rest, 2);
}
