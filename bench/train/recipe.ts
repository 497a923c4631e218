// The recipe of what the benches of training measure: an epoch of plain SGD.
import { parseRecipe, type Recipe } from '../../edge-agent/src/train/index.ts';

export const plainSgd = (batchSize: number, stepsPerRun: number): Recipe =>
  parseRecipe({
    v: 1,
    loss: 'cross-entropy',
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0 },
    proximal: 0,
    epochs: 1,
    batchSize,
    stepsPerRun,
  });
