// What the gradients of LSTM and GRU share: back-propagation through time (Werbos 1990), one direction at a time.
//
// Forward stays the runtime's own node. Backward computes the gates of all time steps anew, in one product over the
// hidden states that forward gave, and with them everything that does not depend on the adjoints. Left for the steps, one
// after the other, are a few nodes each; weights get theirs in one product over all steps, not one a step.
import type { Node } from '../graph/index.ts';
import { inputOf, outputOf, type GradientRule, type RuleContext } from './rule.ts';
import { Sequences } from './sequences.ts';

export interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
}

/** One direction of a node: values of forward, and the adjoints of what came out. Steps are in the order of processing. */
export interface Direction extends Sizes {
  /** against the order of time */
  readonly reversed: boolean;
  /** [steps * batch, inputs] */
  readonly x: string;
  /** [steps * batch, hidden]: the hidden state before each step */
  readonly before: string;
  /** [gates * hidden, inputs] */
  readonly w: string;
  /** [gates * hidden, hidden] */
  readonly r: string;
  /** [gates * hidden] each: of the input's product and of the hidden state's */
  readonly biases: readonly [string, string] | undefined;
  /** [batch, hidden], LSTM's cell before the first step */
  readonly cell: string;
  /** [batch, hidden] for each step */
  readonly adjoints: readonly string[];
  /** [batch, hidden]: of the last hidden state and, for LSTM, of the last cell; undefined where nothing depends on it */
  readonly lastHidden: string | undefined;
  readonly lastCell: string | undefined;
}

/** Adjoints by what they belong to; dx in the order of the steps given. */
export interface DirectionAdjoints {
  /** [steps * batch, gates * hidden]: before activation, as the input's product sees them */
  readonly input: string;
  /** The same as the hidden state's product sees them; in LSTM there is no difference. */
  readonly recurrent: string;
  /** [batch, hidden] */
  readonly hidden: string;
  readonly cell?: string;
}

export type StepRule = (direction: Direction, build: Sequences) => DirectionAdjoints;

/** A node's tensors of all directions, split into those of each. */
class Parts {
  readonly build: Sequences;
  readonly node: Node;
  readonly directions: number;
  readonly sizes: Sizes;

  constructor(node: Node, context: RuleContext) {
    const [steps = 0, batch = 0, inputs = 0] = context.shapeOf(inputOf(node, 0));
    const [directions = 1, , hidden = 0] = context.shapeOf(inputOf(node, 2));
    this.build = new Sequences(context);
    this.node = node;
    this.directions = directions;
    this.sizes = { steps, batch, inputs, hidden };
  }

  private ones(): number[] {
    return Array<number>(this.directions).fill(1);
  }

  /** Along a first axis of directions, which is dropped. */
  each(value: string, shape: readonly number[], axis = 0): string[] {
    return this.build.split(value, axis, this.ones()).map((part) => this.build.reshape(part, shape));
  }

  /** The other way round. */
  joined(values: readonly string[], shape: readonly number[]): string {
    return this.build.concat(
      values.map((value) => this.build.reshape(value, [1, ...shape])),
      0,
    );
  }

  /** Input at an index for each direction, zeros where it is not given. */
  optional(index: number, shape: readonly number[]): string[] {
    const name = inputOf(this.node, index);
    return name === '' ? this.ones().map(() => this.build.zeros(shape)) : this.each(name, shape);
  }

  /** The hidden states of all steps: for each direction [steps, batch, hidden], in order of time. */
  sequence(value: string): string[] {
    const { steps, batch, hidden } = this.sizes;
    return this.each(value, [steps, batch, hidden], 1);
  }

  /** Adjoint of an output for each direction; undefined where the node does not give it. */
  adjoint(index: number): (string | undefined)[] {
    const { batch, hidden } = this.sizes;
    const name = this.node.outputs[index] ?? '';
    if (name === '') return this.ones().map(() => undefined);
    return this.each(this.build.context.adjointOf(index), [batch, hidden]);
  }

  reversed(direction: number): boolean {
    const kind = this.node.attributes['direction']?.value;
    return kind === 'reverse' || (kind === 'bidirectional' && direction === 1);
  }
}

/** The value's steps in the order of processing. */
function ordered(steps: readonly string[], reversed: boolean): string[] {
  return reversed ? [...steps].reverse() : [...steps];
}

function timeSteps(build: Sequences, value: string, { steps, batch }: Sizes, width: number): string[] {
  const flat = build.reshape(value, [steps * batch, width]);
  return build.split(flat, 0, Array<number>(steps).fill(batch));
}

/** The hidden states after all steps but the last, in the order of processing. */
function formerStates(build: Sequences, after: string, sizes: Sizes, reversed: boolean): string[] {
  const { steps, batch, hidden } = sizes;
  if (steps === 1) return [];
  if (reversed) return ordered(timeSteps(build, after, sizes, hidden), true).slice(0, -1);
  return [build.rows(build.reshape(after, [steps * batch, hidden]), 0, (steps - 1) * batch)];
}

function directionsOf(parts: Parts, gates: number, adjoint: string): Direction[] {
  const { build, sizes, node } = parts;
  const { steps, batch, inputs, hidden } = sizes;
  const rows = gates * hidden;
  const at = (values: readonly (string | undefined)[], d: number): string => values[d] ?? '';
  const [ws, rs] = [parts.each(inputOf(node, 1), [rows, inputs]), parts.each(inputOf(node, 2), [rows, hidden])];
  const biases = inputOf(node, 3) === '' ? [] : parts.each(inputOf(node, 3), [2 * rows]);
  const [hiddens, cells] = [parts.optional(5, [batch, hidden]), gates === 4 ? parts.optional(6, [batch, hidden]) : []];
  const [after, ys] = [parts.sequence(outputOf(node)), parts.sequence(adjoint)];
  const [lastHidden, lastCell] = [parts.adjoint(1), gates === 4 ? parts.adjoint(2) : []];
  return ws.map((w, d) => {
    const reversed = parts.reversed(d);
    const inOrder = (value: string, width: number): string[] =>
      ordered(timeSteps(build, value, sizes, width), reversed);
    const [inputBias, hiddenBias] = biases[d] === undefined ? [] : build.split(biases[d], 0, [rows, rows]);
    return {
      ...sizes,
      reversed,
      x: reversed
        ? build.concat(inOrder(inputOf(node, 0), inputs), 0)
        : build.reshape(inputOf(node, 0), [steps * batch, inputs]),
      before: build.concat([at(hiddens, d), ...formerStates(build, at(after, d), sizes, reversed)], 0),
      w,
      r: at(rs, d),
      biases: inputBias === undefined || hiddenBias === undefined ? undefined : [inputBias, hiddenBias],
      cell: at(cells, d),
      adjoints: inOrder(at(ys, d), hidden),
      lastHidden: lastHidden[d],
      lastCell: lastCell[d],
    };
  });
}

interface Result {
  readonly direction: Direction;
  readonly back: DirectionAdjoints;
}

/** dx is the sum of both directions', each turned back into the order of time. */
function inputAdjoint(results: readonly Result[], { build, sizes }: Parts): string {
  const { steps, batch, inputs } = sizes;
  const each = results.map(({ direction, back }) => {
    const dx = build.product([back.input, direction.w]);
    return direction.reversed ? build.concat(ordered(timeSteps(build, dx, sizes, inputs), true), 0) : dx;
  });
  return build.reshape(each.length === 1 ? (each[0] ?? '') : build.op('Add', ...each), [steps, batch, inputs]);
}

function biasAdjoint({ back }: Result, build: Sequences): string {
  const [input, hidden] = [build.sumOverRows(back.input), build.sumOverRows(back.recurrent)];
  return build.concat([input, hidden], 0);
}

/**
 * The rule of a recurrent node.
 * @param gates of the operator: 4 of LSTM, 3 of GRU
 */
export function recurrent(gates: number, stepRule: StepRule): GradientRule {
  return (node, adjoint, context) => {
    const parts = new Parts(node, context);
    const { build } = parts;
    const { batch, inputs, hidden } = parts.sizes;
    const rows = gates * hidden;
    const results = directionsOf(parts, gates, adjoint).map((direction): Result => {
      return { direction, back: stepRule(direction, build) };
    });
    const wanted = (index: number, make: (result: Result) => string, shape: readonly number[]): string | undefined =>
      context.wants(index) ? parts.joined(results.map(make), shape) : undefined;
    return [
      context.wants(0) ? inputAdjoint(results, parts) : undefined,
      wanted(1, ({ direction, back }) => build.product([back.input, direction.x], { a: true }), [rows, inputs]),
      wanted(2, ({ direction, back }) => build.product([back.recurrent, direction.before], { a: true }), [
        rows,
        hidden,
      ]),
      wanted(3, (result) => biasAdjoint(result, build), [2 * rows]),
      undefined,
      wanted(5, ({ back }) => back.hidden, [batch, hidden]),
      wanted(6, ({ back }) => back.cell ?? '', [batch, hidden]),
    ];
  };
}
