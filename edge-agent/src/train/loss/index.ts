// Losses: what training makes small, and what a model and its data must be like for each.
export { appendElementLoss, type ElementLoss } from './element-loss.ts';
export { headOf, type Head, type TargetNeed } from './head.ts';
export { appendLoss, type LossInputs } from './loss.ts';
export { lossName, lossSchema, type Loss, type LossName } from './schema.ts';
