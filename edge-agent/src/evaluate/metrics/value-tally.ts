// Metrics of a regression: mean absolute error, root of the mean squared error, coefficient of determination.

export interface ValueMetrics {
  readonly kind: 'value';
  /** Mean of |answer - target| over all numbers. */
  readonly mae: number;
  /** Root of the mean of (answer - target)² over all numbers. */
  readonly rmse: number;
  /** 1 - Σ(answer - target)² / Σ(target - mean)², the mean over outputs; of a constant target 1 if met exactly, else 0. */
  readonly r2: number;
}

/** One output's sums; the spread by Welford's recurrence, which loses no digits to a large mean. */
interface Sums {
  count: number;
  mean: number;
  spread: number;
  squares: number;
  absolutes: number;
}

function determination({ squares, spread }: Sums): number {
  if (spread > 0) return 1 - squares / spread;
  return squares === 0 ? 1 : 0;
}

export class ValueTally {
  private readonly outputs: Sums[];

  /** @param width numbers an example */
  constructor(width: number) {
    this.outputs = Array.from({ length: width }, () => ({ count: 0, mean: 0, spread: 0, squares: 0, absolutes: 0 }));
  }

  /** @param targets [width] @param answers [width] */
  add(targets: Float32Array, answers: Float32Array): void {
    for (const [output, sums] of this.outputs.entries()) {
      const target = targets[output] ?? 0;
      const error = (answers[output] ?? 0) - target;
      const away = target - sums.mean;
      sums.count += 1;
      sums.mean += away / sums.count;
      sums.spread += away * (target - sums.mean);
      sums.squares += error * error;
      sums.absolutes += Math.abs(error);
    }
  }

  result(): ValueMetrics {
    const total = this.outputs.reduce((sum, { count }) => sum + count, 0);
    const over = (field: 'squares' | 'absolutes'): number =>
      this.outputs.reduce((sum, sums) => sum + sums[field], 0) / total;
    const r2 = this.outputs.reduce((sum, sums) => sum + determination(sums), 0) / this.outputs.length;
    return { kind: 'value', mae: over('absolutes'), rmse: Math.sqrt(over('squares')), r2 };
  }
}
