// The convolutional network of the FedAvg paper (McMahan et al. 2017, section 3): two 5x5 convolutions of 32 and 64
// channels, each followed by 2x2 max pooling, then 512 and 10 fully connected units: 1,663,370 parameters.
import { GraphBuilder, ints } from '../train/graph/index.ts';
import { encodeClassifier } from './classifier.ts';
import { appendDense, appendFlatten } from './dense.ts';
import { heUniform, zeros } from './initialise.ts';

const KERNEL = 5;

function appendBlock(
  graph: GraphBuilder,
  input: string,
  index: number,
  channels: readonly [number, number],
  seed: string | number,
): string {
  const [from, to] = channels;
  const [weight, bias] = [`conv${index}.weight`, `conv${index}.bias`];
  const shape = [to, from, KERNEL, KERNEL];
  graph.initializers.set(weight, heUniform(shape, from * KERNEL * KERNEL, seed, 'cnn', weight));
  graph.initializers.set(bias, zeros([to]));
  // Padding of 2 keeps 28x28 and 14x14, so that 7 * 7 * 64 values reach the dense layers, as the paper's count needs.
  const attributes = { kernel_shape: ints([KERNEL, KERNEL]), pads: ints([2, 2, 2, 2]) };
  const convolved = graph.op('Conv', [input, weight, bias], attributes, `conv${index}`);
  const active = graph.op('Relu', [convolved], {}, `convRelu${index}`);
  return graph.op('MaxPool', [active], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }, `pool${index}`);
}

/**
 * Makes the cnn with seeded initial weights. The same seed gives the same bytes on every machine.
 * @returns ONNX bytes: `input` [batch, 1, 28, 28] float32 -> `logits` [batch, 10]
 */
export function cnn({ seed }: { readonly seed: string | number }): Uint8Array {
  const graph = new GraphBuilder();
  const first = appendBlock(graph, 'input', 1, [1, 32], seed);
  const second = appendBlock(graph, first, 2, [32, 64], seed);
  appendDense(graph, appendFlatten(graph, second), [64 * 7 * 7, 512, 10], [seed, 'cnn'], 'logits');
  return encodeClassifier('cnn', graph, { shape: [1, 28, 28], classes: 10 });
}
