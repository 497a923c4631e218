// The part of the error catalogue that is of models, training and data.

import { defect, issues, refused, unreachable, type Issue } from './catalogue-entry.ts';

export const trainingEntries = {
  ERR_MODEL_MALFORMED: refused<{ reason: string; node?: string }>(
    422,
    (d) => `ONNX model: ${d.node === undefined ? '' : `node ${d.node}: `}${d.reason}`,
  ),
  ERR_MODEL_SHAPE: refused<{ reason: string; node?: string; operator?: string }>(
    422,
    (d) => `ONNX model: ${d.node === undefined ? '' : `${d.operator ?? 'node'} ${d.node}: `}${d.reason}`,
  ),
  ERR_OPERATOR_UNSUPPORTED: refused<{ operator: string; node: string; reason?: string }>(
    422,
    (d) => `operator ${d.operator} of node ${d.node} is not supported${d.reason === undefined ? '' : `: ${d.reason}`}`,
  ),
  ERR_RECIPE_INVALID: refused<{ issues: readonly Issue[] }>(422, (d) => `recipe: ${issues(d.issues)}`),
  ERR_RECIPE_MISMATCH: refused<{ field: string; value: string; expected: string }>(
    422,
    (d) => `recipe: its ${d.field} is ${d.value}, derived here it is ${d.expected}`,
  ),
  ERR_PARAMETERS_INVALID: refused<{ parameter: string; reason: string }>(
    422,
    (d) => `parameter ${d.parameter}: ${d.reason}`,
  ),
  ERR_TRAINING_DIVERGED: refused<{ parameter: string; steps: number }>(
    422,
    (d) => `training diverged: parameter ${d.parameter} is not finite after ${d.steps} steps; lower the learning rate`,
  ),
  ERR_TRAINER_FAILED: defect<{ reason: string }>(500, (d) => `the training worker failed: ${d.reason}`),
  ERR_TALLY_FAILED: defect<{ reason: string }>(500, (d) => `the tally's worker failed: ${d.reason}`),
  ERR_DATA_MALFORMED: refused<{ reason: string }>(422, (d) => `data: ${d.reason}`),
  ERR_DOWNLOAD_FAILED: unreachable<{ what: string; reason: string }>(
    503,
    (d) => `${d.what} cannot be fetched: ${d.reason}`,
  ),
  ERR_PARTITION_INVALID: refused<{ partition: string; reason: string }>(
    422,
    (d) => `partition ${d.partition}: ${d.reason}`,
  ),
} as const;
