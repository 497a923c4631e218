// Metrics of yes-or-no questions, one or several an example: each is answered yes from a probability of one half on.
import { CalibrationTally, type Calibration } from './calibration.ts';
import { meanOf, rocAuc } from './roc-auc.ts';
import { KeptScores } from './scores.ts';

export interface BinaryMetrics {
  readonly kind: 'binary';
  /** Share of answers that are right, over all questions, 0 … 1. */
  readonly accuracy: number;
  /** Of each question, the share of its yes that were recognised; 0 where there is none. */
  readonly recall: number[];
  /** How often yes is right, by question. */
  readonly support: number[];
  /** By question: [[true no, false yes], [false no, true yes]]. */
  readonly confusions: number[][][];
  readonly calibration: Calibration;
  /** Mean over the questions that have both answers. */
  readonly auc: number | undefined;
}

export class BinaryTally {
  private readonly width: number;
  private readonly counts: Float64Array;
  private readonly calibration = new CalibrationTally();
  private readonly scores: KeptScores;
  private readonly truths: Uint8Array[] = [];

  /** @param width questions an example */
  constructor(width: number) {
    this.width = width;
    this.counts = new Float64Array(width * 4);
    this.scores = new KeptScores(width);
  }

  /** @param targets [width] of 0 or 1 @param probabilities [width] */
  add(targets: Float32Array, probabilities: Float32Array): void {
    const truth = Uint8Array.from(targets, (target) => (target >= 0.5 ? 1 : 0));
    for (const [question, probability] of probabilities.entries()) {
      const answer = probability >= 0.5 ? 1 : 0;
      const right = answer === truth[question];
      const cell = question * 4 + (truth[question] ?? 0) * 2 + answer;
      this.counts[cell] = (this.counts[cell] ?? 0) + 1;
      this.calibration.add(Math.max(probability, 1 - probability), right);
    }
    this.scores.add(probabilities);
    this.truths.push(truth);
  }

  private auc(question: number): number | undefined {
    const column = this.scores.column(question);
    return (
      column &&
      rocAuc(
        column,
        Uint8Array.from(this.truths, (truth) => truth[question] ?? 0),
      )
    );
  }

  result(): BinaryMetrics {
    const questions = Array.from({ length: this.width }, (_, question) => question);
    const cells = questions.map((question) => [...this.counts.subarray(question * 4, question * 4 + 4)] as const);
    const answers = this.counts.reduce((sum, count) => sum + count, 0);
    return {
      kind: 'binary',
      accuracy: cells.reduce((sum, [no = 0, , , yes = 0]) => sum + no + yes, 0) / answers,
      recall: cells.map(([, , missed = 0, found = 0]) => (missed + found === 0 ? 0 : found / (missed + found))),
      support: cells.map(([, , missed = 0, found = 0]) => missed + found),
      confusions: cells.map(([no = 0, alarm = 0, missed = 0, found = 0]) => [
        [no, alarm],
        [missed, found],
      ]),
      calibration: this.calibration.result(),
      auc: meanOf(questions.map((question) => this.auc(question))),
    };
  }
}
