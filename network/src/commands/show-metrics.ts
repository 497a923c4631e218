// An evaluation as a person reads it: figures, and the confusion matrix drawn as a table.
import type { EvaluationResult } from '@muster/edge-agent';
import { table } from './show.ts';

/** Classes of the largest matrix that is drawn; a larger one is in the JSON. */
const DRAWN_MAX = 40;
const LABEL_WIDTH = 14;

const figure = (name: string, value: number | undefined): string =>
  `${name.padEnd(LABEL_WIDTH)} ${value === undefined ? '-' : value.toFixed(6)}`;

/** Rows are what is right, columns what was answered, with recall and precision at the margins. */
function matrixLines(matrix: readonly (readonly number[])[]): string[] {
  const share = (hits = 0, of = 0): string => (of === 0 ? '-' : (hits / of).toFixed(4));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const columns = matrix.map((_, answer) => matrix.map((row) => row[answer] ?? 0));
  const rows = matrix.map((row, label) => [String(label), ...row.map(String), share(row[label], sum(row))]);
  const precision = columns.map((column, answer) => share(column[answer], sum(column)));
  const head = ['right \\ said', ...matrix.map((_, answer) => String(answer)), 'recall'];
  return table(head, [...rows, ['precision', ...precision, '']]).split('\n');
}

function matricesOf(result: EvaluationResult): readonly (readonly (readonly number[])[])[] {
  if (result.kind === 'value') return [];
  if (result.kind === 'binary') return result.confusions;
  return result.confusion === undefined ? [] : [result.confusion];
}

/** All metrics, a line each, then the confusion matrices. */
export function metricLines(result: EvaluationResult): string[] {
  const common = [`${'examples'.padEnd(LABEL_WIDTH)} ${result.examples}`, figure('loss', result.loss)];
  if (result.kind === 'value') {
    return [...common, figure('MAE', result.mae), figure('RMSE', result.rmse), figure('R²', result.r2)];
  }
  const { accuracy, calibration, auc } = result;
  const figures = [figure('accuracy', accuracy), figure('ROC AUC', auc), figure('calibration', calibration.error)];
  const matrices = matricesOf(result).filter((matrix) => matrix.length <= DRAWN_MAX);
  return [...common, ...figures, ...matrices.flatMap((matrix) => ['', ...matrixLines(matrix)])];
}
