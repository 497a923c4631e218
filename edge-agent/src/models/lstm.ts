// A character model in the manner of LEAF's Shakespeare (Caldas et al. 2018): embedding, LSTM, one score for each character
// that may come next. LEAF has two layers of 256 units, this one a single layer.
import { GraphBuilder, int, ints, longs } from '../train/graph/index.ts';
import { encodeClassifier } from './classifier.ts';
import { appendDense } from './dense.ts';
import { heUniform } from './initialise.ts';

export interface LstmOptions {
  /** Characters of the alphabet. */
  readonly symbols: number;
  /** Characters that the next is told from. */
  readonly window: number;
  /** Numbers that stand for a character. */
  readonly width: number;
  readonly hidden: number;
  readonly seed: string | number;
}

const GATES = 4;

/** A normal embedding has unit variance; the uniform one that has is ±sqrt 3. */
const EMBEDDING_FAN = 2;

/**
 * Makes a character model with seeded initial weights. The same options give the same bytes on every machine.
 * @returns ONNX bytes: `input` [batch, window] int64 -> `logits` [batch, symbols]
 */
export function lstm({ symbols, window, width, hidden, seed }: LstmOptions): Uint8Array {
  const graph = new GraphBuilder();
  // ±1/sqrt(hidden) for all of them, as PyTorch starts
  const fans: readonly (readonly [string, readonly number[], number])[] = [
    ['embedding.weight', [symbols, width], EMBEDDING_FAN],
    ['lstm.weight', [1, GATES * hidden, width], 6 * hidden],
    ['lstm.recurrence', [1, GATES * hidden, hidden], 6 * hidden],
    ['lstm.bias', [1, 2 * GATES * hidden], 6 * hidden],
  ];
  for (const [name, shape, fan] of fans) graph.initializers.set(name, heUniform(shape, fan, seed, 'lstm', name));
  graph.reserve(graph.initializers.keys());
  const embedded = graph.op('Gather', ['embedding.weight', 'input'], { axis: int(0) }, 'embedded');
  const steps = graph.op('Transpose', [embedded], { perm: ints([1, 0, 2]) }, 'steps');
  const inputs = [steps, 'lstm.weight', 'lstm.recurrence', 'lstm.bias'];
  const [, last = ''] = graph.outputs('LSTM', inputs, { hidden_size: int(hidden) }, 2);
  const state = graph.op('Squeeze', [last, graph.constant(longs([1], [0]))], {}, 'state');
  appendDense(graph, state, [hidden, symbols], [seed, 'lstm'], 'logits');
  return encodeClassifier('lstm', graph, { shape: [window], dtype: 'int64', classes: symbols });
}
