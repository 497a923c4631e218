// Training at the edge: the train-step graph, the recipe, and the worker that runs them.
export { checkData } from './check-data.ts';
export type { Parameters } from './check-parameters.ts';
export {
  decodeModel,
  encodeModel,
  initialParameters,
  runningStatistics,
  type InitialParameter,
  type Parameter,
} from './graph/index.ts';
export { LocalTrainer, type LocalTraining, type TrainProgress, type TrainResult } from './local-training.ts';
export { epochOrder, seededRandom, type Random, type SeedKey } from './random.ts';
export { parseLoss, parseRecipe, type Recipe } from './recipe.ts';
export { removeCheckpoint, type CheckpointOptions } from './checkpoint.ts';
export { exportModel, startParameters, type TrainedRecipe } from './trained/index.ts';
export { STEP } from './step-names.ts';
export { buildTrainStep, deriveTrainStep, type TrainStep, type TrainStepOptions } from './train-step.ts';
export { createTrainer, type Trainer, type TrainerOptions, type TrainRequest } from './trainer.ts';
