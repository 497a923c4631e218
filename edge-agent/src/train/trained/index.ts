// What is trained: tensors chosen by name, low-rank adapters, and the plain model that comes of it.
export type { Adapter } from './adapters.ts';
export { exportModel } from './export.ts';
export { matches } from './pattern.ts';
export { prepareModel, startParameters, type Prepared, type TrainedRecipe } from './prepare.ts';
export { loraSchema, trainableSchema, type Lora } from './schema.ts';
