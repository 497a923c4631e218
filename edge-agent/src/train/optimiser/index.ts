// Optimisers: state, rates and update rules of a step.
export { learningRateAt, planOf, ratesAt, type OptimiserPlan, type OptimiserRecipe } from './plan.ts';
export { scheduleSchema, type Curve, type Schedule, type StepPlace } from './schedule.ts';
export { clipSchema, optimiserSchema, type Clip, type Optimiser } from './schema.ts';
export { appendUpdates, learningRateOf, type StateNames } from './updates.ts';
