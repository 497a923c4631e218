// Expected calibration error (Guo et al. 2017, section 2): how far confidence is from accuracy, in bins of confidence.

/** Bins of equal width over 0 … 1, as the paper has them. */
const BINS = 15;

/** What lies in one bin: means over its answers, 0 where there are none. */
export interface CalibrationBin {
  readonly count: number;
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Mean over all answers of |accuracy - confidence| of their bin, 0 … 1. */
  readonly error: number;
  readonly bins: readonly CalibrationBin[];
}

export class CalibrationTally {
  private readonly counts = new Float64Array(BINS);
  private readonly confidences = new Float64Array(BINS);
  private readonly hits = new Float64Array(BINS);

  /** @param confidence the probability of what was answered; a bin is open below and closed above, as (0, 1/15] */
  add(confidence: number, right: boolean): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));
    this.counts[bin] = (this.counts[bin] ?? 0) + 1;
    this.confidences[bin] = (this.confidences[bin] ?? 0) + confidence;
    this.hits[bin] = (this.hits[bin] ?? 0) + (right ? 1 : 0);
  }

  result(): Calibration {
    const bins = Array.from(this.counts, (count, bin): CalibrationBin => {
      const share = (sums: Float64Array): number => (count === 0 ? 0 : (sums[bin] ?? 0) / count);
      return { count, confidence: share(this.confidences), accuracy: share(this.hits) };
    });
    const total = bins.reduce((sum, { count }) => sum + count, 0);
    const off = bins.reduce((sum, { count, accuracy, confidence }) => sum + count * Math.abs(accuracy - confidence), 0);
    return { error: total === 0 ? 0 : off / total, bins };
  }
}
