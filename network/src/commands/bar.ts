// Bars of values from −1 to 1: from the middle to the right what is above 0, to the left what is below.

/** Characters of each half. */
const HALF = 10;
/** The head of a column of bars. */
export const BAR_HEAD = '−1        0         1';

/** @param micro −10^6 … 10^6 */
export function bar(micro: number): string {
  const length = Math.min(HALF, Math.ceil((Math.abs(micro) / 1e6) * HALF));
  const filled = '█'.repeat(length);
  return micro < 0 ? `${filled.padStart(HALF)}│${' '.repeat(HALF)}` : `${' '.repeat(HALF)}│${filled.padEnd(HALF)}`;
}

/** Millionths with their sign, as people read them. */
export function signed(micro: number, digits = 3): string {
  const text = (Math.abs(micro) / 1e6).toFixed(digits);
  return `${micro < 0 && Number(text) !== 0 ? '−' : '+'}${text}`;
}
