// Measurements in whole millionths, as statements have them.

import { MICRO, type Evaluation } from '@muster/protocol';
import type { EvaluationResult } from '../evaluate/index.ts';

/** The statement's schema ends here; a model worse than this is as bad as any. */
const LOSS_MICRO_MAX = MICRO * MICRO;
/** Recalls that a statement has room for. */
const RECALLS_MAX = 1000;

const micro = (value: number): number => Math.round(value * MICRO);

/** An error in millionths: at least 0, and as bad as any where it is not finite. */
export const errorMicro = (value: number): number =>
  Number.isFinite(value) ? Math.min(micro(value), LOSS_MICRO_MAX) : LOSS_MICRO_MAX;

/** An evaluation in millionths. */
export function inMicro(result: EvaluationResult): Evaluation {
  const { examples, loss } = result;
  const common = { examples, lossMicro: errorMicro(loss) };
  if (result.kind === 'value') {
    const { mae, rmse, r2 } = result;
    const r2Micro = Number.isFinite(r2) ? Math.max(micro(r2), -LOSS_MICRO_MAX) : -LOSS_MICRO_MAX;
    return { ...common, maeMicro: errorMicro(mae), rmseMicro: errorMicro(rmse), r2Micro };
  }
  const { accuracy, recall, calibration, auc } = result;
  return {
    ...common,
    accuracyMicro: micro(accuracy),
    recallMicro: recall.length > RECALLS_MAX ? [] : recall.map(micro),
    ...(Number.isFinite(calibration.error) ? { calibrationMicro: micro(calibration.error) } : {}),
    ...(auc === undefined ? {} : { aucMicro: micro(auc) }),
  };
}
