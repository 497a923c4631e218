// The few statistics the benches tell: medians, as one slow round of a shared machine must not move a figure.

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Middle value, or the mean of the two middle ones.
 * @throws TypeError when there are no values
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) {
    throw new TypeError('no values have no median');
  }
  return (lower + upper) / 2;
}

/** NaN of no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value that a share of them does not exceed (nearest rank); NaN of no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** @throws TypeError when there are no values */
export function summarise(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Rounded to so many decimals, for tables and JSON. */
export function rounded(value: number, decimals = 3): number {
  return Number(value.toFixed(decimals));
}

/**
 * Seconds of processor time of this process, all threads: on a machine that does other things too it says more than the clock.
 * @param since - what `process.cpuUsage()` said where counting begins; without it, all that was used so far
 */
export function processorSeconds(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

/** A stretch of time, seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Seconds in which at least one of the spans was: where they overlap, time counts once. */
export function covered(spans: readonly Span[]): number {
  let [seconds, reached] = [0, -Infinity];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    seconds += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return seconds;
}
