// Evaluation: how good a model is on data that stays here.
export { buildEvaluation, EVALUATION, type EvaluatedRecipe, type EvaluationOptions } from './evaluation-graph.ts';
export { evaluateFile, evaluateModel } from './evaluate-model.ts';
export { Evaluator, type EvaluationResult } from './evaluator.ts';
export type { BinaryMetrics, Calibration, CalibrationBin, ClassMetrics, ValueMetrics } from './metrics/index.ts';
