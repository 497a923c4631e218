// LSTM and GRU: [steps, batch, inputs] to all hidden states, the last one and, of LSTM, the last cell.
import { intOf, misshapen, stringOf, unsupported } from '../attributes.ts';
import type { Node } from '../graph.ts';
import type { ShapeContext, ShapeRule } from './rule.ts';

/** Further than this a sequence is not unrolled: the graph grows with each step. */
const MOST_STEPS = 1024;

/** What PyTorch, Keras and their exporters use is supported; the rest of the operators' options is refused by name. */
function checkOptions(node: Node): void {
  if (intOf(node, 'layout', 0) !== 0) throw unsupported(node, 'layout 1');
  if (node.attributes['clip'] !== undefined) throw unsupported(node, 'clip');
  if (intOf(node, 'input_forget', 0) !== 0) throw unsupported(node, 'input_forget');
  if (node.inputs[4]) throw unsupported(node, 'sequence_lens');
  if (node.inputs[7]) throw unsupported(node, 'peepholes');
  if (node.operator === 'GRU' && intOf(node, 'linear_before_reset', 0) !== 1) {
    throw unsupported(node, 'linear_before_reset 0');
  }
  if (node.attributes['activations'] !== undefined) throw unsupported(node, 'named activations');
}

function checkShape(node: Node, { input }: ShapeContext, index: number, shape: readonly number[]): void {
  if (!node.inputs[index]) return;
  const given = input(index);
  if (given.join() !== shape.join()) {
    throw misshapen(node, `its input ${index} has shape [${given.join()}], not [${shape.join()}]`);
  }
}

const recurrent =
  (gates: number): ShapeRule =>
  (node, context) => {
    const [steps = 0, batch = 0, inputs = 0, ...more] = context.input(0);
    const directions = stringOf(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
    const hidden = context.input(2)[2] ?? 0;
    if (inputs < 1 || more.length > 0) throw misshapen(node, 'its input is not [steps, batch, inputs]');
    if (intOf(node, 'hidden_size', hidden) !== hidden) throw misshapen(node, 'hidden_size is not that of its weights');
    if (steps > MOST_STEPS) throw unsupported(node, `${steps} steps; at most ${MOST_STEPS} are unrolled`);
    checkOptions(node);
    checkShape(node, context, 1, [directions, gates * hidden, inputs]);
    checkShape(node, context, 2, [directions, gates * hidden, hidden]);
    checkShape(node, context, 3, [directions, 2 * gates * hidden]);
    for (const index of [5, 6]) checkShape(node, context, index, [directions, batch, hidden]);
    const last = { dtype: 'float32' as const, shape: [directions, batch, hidden] };
    return [{ dtype: 'float32', shape: [steps, directions, batch, hidden] }, last, ...(gates === 4 ? [last] : [])];
  };

export const RECURRENT_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ['GRU', recurrent(3)],
  ['LSTM', recurrent(4)],
];
