// Metrics as a person reads them.
import { expect, test } from '@jest/globals';
import { metricLines } from './show-metrics.ts';

test('a classifier’s confusion matrix is drawn with recall and precision at its margins', () => {
  const lines = metricLines({
    ...{ kind: 'class', examples: 10, loss: 0.5, accuracy: 0.7, recall: [0.8, 0.6], support: [5, 5], auc: 0.9 },
    ...{ confusion: [[4, 1], [2, 3]], calibration: { error: 0.05, bins: [] } }, // prettier-ignore
  });
  expect(lines).toEqual([
    'examples       10',
    'loss           0.500000',
    'accuracy       0.700000',
    'ROC AUC        0.900000',
    'calibration    0.050000',
    '',
    'right \\ said  0       1       recall',
    '0             4       1       0.8000',
    '1             2       3       0.6000',
    'precision     0.6667  0.7500',
  ]);
});

test('a regression has its own figures', () => {
  const lines = metricLines({ kind: 'value', examples: 3, loss: 2, mae: 1, rmse: 1.5, r2: -0.25 });
  expect(lines.slice(2)).toEqual(['MAE            1.000000', 'RMSE           1.500000', 'R²             -0.250000']);
});
