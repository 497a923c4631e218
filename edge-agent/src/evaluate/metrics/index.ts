// Metrics, tallied example by example.
export { BinaryTally, type BinaryMetrics } from './binary-tally.ts';
export { type Calibration, type CalibrationBin } from './calibration.ts';
export { ClassTally, type ClassMetrics } from './class-tally.ts';
export { rocAuc } from './roc-auc.ts';
export { ValueTally, type ValueMetrics } from './value-tally.ts';
