// Scores kept for ranking, as long as there is room: an exact area under a curve needs all of them at once.

/** Most numbers kept: 64 MiB of float32. Beyond, there is no area under the curve rather than an approximate one. */
const KEPT_MAX = 1 << 24;

export class KeptScores {
  private readonly rows: Float32Array[] = [];
  private kept = 0;
  private readonly width: number;

  /** @param width scores of one answer */
  constructor(width: number) {
    this.width = width;
  }

  /** @param row [width]; copied */
  add(row: Float32Array): void {
    this.kept += row.length;
    if (this.kept <= KEPT_MAX) this.rows.push(row.slice());
    else this.rows.length = 0;
  }

  /** One column of all rows; undefined where they were too many. */
  column(index: number): Float32Array | undefined {
    if (this.kept > KEPT_MAX || this.width === 0) return undefined;
    return Float32Array.from(this.rows, (row) => row[index] ?? NaN);
  }
}
