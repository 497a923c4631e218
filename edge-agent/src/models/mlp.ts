// A multi-layer perceptron; with sizes 784-200-200-10 the "2NN" of the FedAvg paper (McMahan et al. 2017).
import { GraphBuilder } from '../train/graph/index.ts';
import { encodeClassifier } from './classifier.ts';
import { appendDense, appendFlatten } from './dense.ts';

export interface MlpOptions {
  /** Units of each layer from input to classes, at least two. */
  readonly sizes: readonly number[];
  readonly seed: string | number;
  /** Shape of one example; [1, side, side] of a square input by default. */
  readonly shape?: readonly number[];
}

/** A square grey image's shape of as many pixels, else a plain vector's. */
function exampleShape(features: number): readonly number[] {
  const side = Math.sqrt(features);
  return Number.isInteger(side) ? [1, side, side] : [features];
}

/**
 * Makes an mlp with seeded initial weights. The same options give the same bytes on every machine.
 * @returns ONNX bytes: `input` [batch, ...shape] float32 -> `logits` [batch, sizes.at(-1)]
 */
export function mlp({ sizes, seed, shape }: MlpOptions): Uint8Array {
  const graph = new GraphBuilder();
  appendDense(graph, appendFlatten(graph, 'input'), sizes, [seed, 'mlp'], 'logits');
  return encodeClassifier('mlp', graph, { shape: shape ?? exampleShape(sizes[0] ?? 0), classes: sizes.at(-1) ?? 0 });
}
