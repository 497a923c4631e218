// Names of the train-step graph's inputs and outputs.

export const STEP = {
  /** [examples, ...shape]: the data set, or a chunk of it; batches are gathered inside. */
  examples: 'step:examples',
  /** [examples] or [examples, width], int32 or float32 as the loss has it: what is to be learned. */
  labels: 'step:labels',
  /** [batch] int32, or [steps, batch] */
  indices: 'step:indices',
  /** [batch] float32, or [steps, batch]: 1/n for the n examples of the batch, 0 for padding */
  weights: 'step:weights',
  /** scalar float32, where one rate serves the whole run */
  learningRate: 'step:learning-rate',
  /** [width] float32, or [steps, width], where the rate or a correction differs from step to step */
  rates: 'step:rates',
  /** scalar int64 below 2^31 - 1, or [steps]: what Dropout draws from, where the model has any */
  seed: 'step:seed',
  /** scalar float32, or [steps]: weighted mean loss before the step */
  loss: 'step:loss',
  old: (state: string): string => `old:${state}`,
  next: (state: string): string => `new:${state}`,
  base: (parameter: string): string => `base:${parameter}`,
  /** What SCAFFOLD adds to each gradient of a round, c - c_i; in the fused form of plain SGD multiplied by learningRate. */
  control: (parameter: string): string => `control:${parameter}`,
  /** Momentum's sum; in the fused form of plain SGD multiplied by -learningRate. Starts as zeros, as all of these do. */
  velocity: (parameter: string): string => `velocity:${parameter}`,
  /** Moving average of gradients. */
  mean: (parameter: string): string => `first-moment:${parameter}`,
  /** Moving average of squared gradients. */
  square: (parameter: string): string => `second-moment:${parameter}`,
} as const;

/** Beginnings of names that a model may not use. */
export const RESERVED = [
  ...['step:', 'old:', 'new:', 'base:', 'control:', 'velocity:', 'first-moment:', 'second-moment:', 'next:'],
] as const;
