// The table of training forms: operators that do something else while training than at inference.
import { batchNormalisation } from './batch-normalisation.ts';
import { dropout } from './dropout.ts';
import type { TrainingForm } from './form.ts';

export const TRAINING_FORMS: ReadonlyMap<string, TrainingForm> = new Map([
  ['BatchNormalization', batchNormalisation],
  ['Dropout', dropout],
]);
