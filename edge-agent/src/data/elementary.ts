// Logarithm and exponential from + - * / alone. The host's own may differ in the last bit between machines, and agents on
// different machines must cut the same partition.

const LN2 = 0.6931471805599453;

/** Natural logarithm of a positive finite number, by atanh's series on a mantissa within [2/3, 4/3). */
export function log(x: number): number {
  if (!(x > 0 && x < Infinity)) throw new TypeError(`no logarithm of ${x}`);
  let mantissa = x;
  let exponent = 0;
  while (mantissa >= 4 / 3) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < 2 / 3) {
    mantissa *= 2;
    exponent--;
  }
  const t = (mantissa - 1) / (mantissa + 1);
  const square = t * t;
  // |t| <= 1/5, so 12 terms leave less than 1e-18.
  let sum = 0;
  for (let odd = 23; odd >= 1; odd -= 2) sum = sum * square + 1 / odd;
  return exponent * LN2 + 2 * t * sum;
}

/** e^x, by Taylor's series on the remainder of x by ln 2. Underflows to 0. */
export function exp(x: number): number {
  if (x < -745) return 0;
  if (x > 709) return Infinity;
  const power = Math.floor(x / LN2 + 0.5);
  const rest = x - power * LN2;
  let sum = 1;
  for (let n = 18; n >= 1; n--) sum = 1 + (rest / n) * sum;
  // Exact: multiplication by a power of two, in two halves where one would overflow.
  for (let i = 0; i < Math.abs(power); i++) sum = power > 0 ? sum * 2 : sum / 2;
  return sum;
}
