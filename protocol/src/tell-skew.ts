// The sentence about a wrong clock.

/** A clock beside others'. */
export interface Skew {
  /** how far it is ahead; negative where it is behind */
  readonly seconds: number;
  /** seconds that it may be off */
  readonly limit: number;
  /** whose clock, or clocks, it was compared with */
  readonly of: string;
}

/** Says by how much, to which side, and what the limit is. */
export function tellSkew({ seconds, limit, of }: Skew): string {
  const side = seconds < 0 ? 'behind' : 'ahead of';
  return `the clock here is ${Math.abs(seconds)} s ${side} that of ${of}, the limit is ${limit} s`;
}
