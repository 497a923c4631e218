// A model's head as a loss sees it: which value it takes, and what must be known of each example to compare it with.
import { MusterError } from '@muster/protocol';
import { intOf, unsupported } from '../graph/attributes.ts';
import { live, sizeOf, type Node, type Shape, type Specialised } from '../graph/index.ts';
import { lossName, type Loss } from './schema.ts';

/**
 * What the loss compares an example's output with. `width` is how many values an example's target has:
 * classes are int32 of [0, classes), one for each position; binary values lie within [0, 1]; both others are float32.
 */
export type TargetNeed =
  | { readonly kind: 'class'; readonly classes: number; readonly width: number }
  | { readonly kind: 'binary'; readonly width: number }
  | { readonly kind: 'value'; readonly width: number };

export interface Head {
  /** The value the loss takes: before a final Softmax, LogSoftmax or Sigmoid that the loss itself contains. */
  readonly scores: string;
  /** [batch, …] */
  readonly shape: Shape;
  readonly target: TargetNeed;
  /** The nodes that the scores depend on, in order. */
  readonly nodes: readonly Node[];
}

type Forward = Pick<Specialised, 'nodes' | 'output' | 'shapes'>;

/** Operators at the head that a loss contains already. */
const CONTAINED: Readonly<Record<string, readonly string[]>> = {
  'cross-entropy': ['Softmax', 'LogSoftmax'],
  'binary-cross-entropy': ['Sigmoid'],
};

function scoresOf({ nodes, output }: Forward, loss: Loss): string {
  const head = nodes.find(({ outputs }) => outputs[0] === output.name);
  if (head === undefined || !CONTAINED[lossName(loss)]?.includes(head.operator)) return output.name;
  if (head.operator !== 'Sigmoid') {
    const axis = intOf(head, 'axis', -1);
    if (axis !== 1 && axis !== 1 - output.shape.length)
      throw unsupported(head, 'at the head it must be over the classes');
  }
  return head.inputs[0] ?? '';
}

function targetOf(loss: Loss, [, ...rest]: Shape): TargetNeed | undefined {
  const name = lossName(loss);
  const kind = name === 'binary-cross-entropy' ? 'binary' : 'value';
  if (name !== 'cross-entropy') return { kind, width: sizeOf(rest) };
  const [classes = 0, ...positions] = rest;
  return classes < 2 ? undefined : { kind: 'class', classes, width: sizeOf(positions) };
}

/**
 * Finds the head of a model for a loss.
 * @throws MusterError ERR_MODEL_SHAPE where the loss cannot take the model's output, ERR_OPERATOR_UNSUPPORTED for a final
 *   Softmax over something else than the classes
 */
export function headOf(forward: Forward, loss: Loss): Head {
  const { name, shape } = forward.output;
  const scores = scoresOf(forward, loss);
  const target = targetOf(loss, shape);
  if (target === undefined) {
    const reason = `output ${name} has shape [${shape.join()}], the recipe's loss ${lossName(loss)} takes [batch, classes, …]`;
    throw new MusterError('ERR_MODEL_SHAPE', { reason });
  }
  return { scores, shape, target, nodes: live(forward.nodes, scores) };
}
