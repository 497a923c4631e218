// Metrics of a classifier: accuracy, recall, confusion, calibration, area under the ROC curve.
import { CalibrationTally, type Calibration } from './calibration.ts';
import { meanOf, rocAuc } from './roc-auc.ts';
import { KeptScores } from './scores.ts';

export interface ClassMetrics {
  readonly kind: 'class';
  /** Share of answers that are right, 0 … 1. */
  readonly accuracy: number;
  /** Of each class, the share of its answers that were recognised; 0 for a class without any. */
  readonly recall: number[];
  /** How often each class is the right answer. */
  readonly support: number[];
  /** [class][answer]: how often a class was answered with which; undefined beyond {@link CONFUSION_MAX} classes. */
  readonly confusion: number[][] | undefined;
  readonly calibration: Calibration;
  /** Of two classes the second's; of more the mean over each class against the rest, of those with both sides. */
  readonly auc: number | undefined;
}

/** Classes of the largest matrix that is counted: 8 MiB. */
const CONFUSION_MAX = 1024;

export class ClassTally {
  private readonly classes: number;
  private readonly support: Float64Array;
  private readonly hits: Float64Array;
  private readonly matrix: Float64Array | undefined;
  private readonly calibration = new CalibrationTally();
  private readonly scores: KeptScores;
  private readonly labels: number[] = [];

  constructor(classes: number) {
    this.classes = classes;
    this.support = new Float64Array(classes);
    this.hits = new Float64Array(classes);
    this.matrix = classes > CONFUSION_MAX ? undefined : new Float64Array(classes * classes);
    this.scores = new KeptScores(classes);
  }

  /** @param probabilities [classes] */
  add(label: number, answer: number, probabilities: Float32Array): void {
    const right = answer === label;
    this.support[label] = (this.support[label] ?? 0) + 1;
    if (right) this.hits[label] = (this.hits[label] ?? 0) + 1;
    if (this.matrix !== undefined) {
      const cell = label * this.classes + answer;
      this.matrix[cell] = (this.matrix[cell] ?? 0) + 1;
    }
    this.calibration.add(probabilities[answer] ?? 0, right);
    this.scores.add(probabilities);
    this.labels.push(label);
  }

  private auc(label: number): number | undefined {
    const column = this.scores.column(label);
    if (column === undefined) return undefined;
    return rocAuc(
      column,
      Uint8Array.from(this.labels, (each) => (each === label ? 1 : 0)),
    );
  }

  result(): ClassMetrics {
    const { classes, matrix } = this;
    const support = [...this.support];
    const total = support.reduce((sum, count) => sum + count, 0);
    const ranked = classes === 2 ? [1] : Array.from({ length: classes }, (_, label) => label);
    return {
      kind: 'class',
      accuracy: this.hits.reduce((sum, hit) => sum + hit, 0) / total,
      recall: support.map((count, label) => (count === 0 ? 0 : (this.hits[label] ?? 0) / count)),
      support,
      confusion: matrix && support.map((_, row) => [...matrix.subarray(row * classes, (row + 1) * classes)]),
      calibration: this.calibration.result(),
      auc: meanOf(ranked.map((label) => this.auc(label))),
    };
  }
}
