// LSTM (Hochreiter & Schmidhuber 1997, with forget gates of Gers et al. 2000) as the ONNX operator defines it, gates i, o, f, c.
import { recurrent, type Direction, type DirectionAdjoints } from './recurrent.ts';
import type { Sequences } from './sequences.ts';

const GATES = 4;

/** What backward needs of forward, for all steps at once: [steps * batch, hidden] each. */
interface Saved {
  readonly forget: readonly string[];
  /** o (1 - tanh(c)^2): what a hidden state's adjoint adds to the cell's */
  readonly toCell: readonly string[];
  /** [batch, 4 hidden] a step: what the adjoints of cell, hidden, cell, cell are multiplied with to be those of i, o, f, c */
  readonly toGates: readonly string[];
}

/** i, o, f and what c takes in, each [steps * batch, hidden]: a product each, so that none has to be cut out of another. */
function gatesOf({ hidden, x, w, r, biases, before }: Direction, build: Sequences): string[] {
  const parts = Array<number>(GATES).fill(hidden);
  const both = build.concat([x, before], 1);
  const weights = build.split(build.concat([w, r], 1), 0, parts);
  const bias = biases === undefined ? [] : build.split(build.op('Add', ...biases), 0, parts);
  return weights.map((weight, gate) => {
    const product = build.product([both, weight, ...bias.slice(gate, gate + 1)], { b: true });
    return build.op(gate === GATES - 1 ? 'Tanh' : 'Sigmoid', product);
  });
}

/** The divisor of the number of steps that is nearest to its root. */
function stretchOf(steps: number): number {
  let length = Math.floor(Math.sqrt(steps));
  while (steps % length > 0) length--;
  return length;
}

/**
 * The cell after each step, c = f c + a, [steps * batch, hidden]. A node of the runtime costs about the same for one step as for ten:
 * all stretches of the sequence are gone through at once, each as if its cell began at 0 (c) and at 1 without additions (f),
 * and then one after the other are told what they began at.
 */
function recurrence(f: string, a: string, { steps, batch, hidden, cell }: Direction, build: Sequences): string {
  const length = stretchOf(steps);
  const stretches = steps / length;
  const size = batch * hidden;
  // a copy: the list that Split gives is the node's own
  const inStep = (value: string): string[] => [
    ...build.split(build.reshape(value, [stretches, length, size]), 1, Array<number>(length).fill(1)),
  ];
  const [factors, sums] = [inStep(f), inStep(a)];
  for (let step = 1; step < length; step++) {
    const factor = factors[step] ?? '';
    sums[step] = build.op('Add', build.op('Mul', factor, sums[step - 1] ?? ''), sums[step] ?? '');
    factors[step] = build.op('Mul', factor, factors[step - 1] ?? '');
  }
  const inStretch = (value: string): string[] => build.split(value, 0, Array<number>(stretches).fill(1));
  const [lastFactors, lastSums] = [inStretch(factors.at(-1) ?? ''), inStretch(sums.at(-1) ?? '')];
  const starts = [build.reshape(cell, [1, 1, size])];
  for (let stretch = 1; stretch < stretches; stretch++) {
    const carried = build.op('Mul', lastFactors[stretch - 1] ?? '', starts[stretch - 1] ?? '');
    starts.push(build.op('Add', carried, lastSums[stretch - 1] ?? ''));
  }
  const begun = build.op('Mul', build.concat(factors, 1), build.concat(starts, 0));
  return build.reshape(build.op('Add', begun, build.concat(sums, 1)), [steps * batch, hidden]);
}

/** Every pass over all steps costs about as much as a step's product, so slopes are made of products that are there anyway. */
function saved(direction: Direction, build: Sequences): Saved {
  const { steps, batch } = direction;
  const [i = '', o = '', f = '', g = ''] = gatesOf(direction, build);
  const perStep = (value: string): string[] => build.split(value, 0, Array<number>(steps).fill(batch));
  const taken = build.op('Mul', i, g);
  const cells = recurrence(f, taken, direction, build);
  const squeezed = build.op('Tanh', cells);
  const given = build.op('Mul', o, squeezed);
  const former =
    steps === 1 ? direction.cell : build.concat([direction.cell, build.rows(cells, 0, (steps - 1) * batch)], 0);
  const toGates = build.concat(
    [
      build.op('Sub', taken, build.op('Mul', taken, i)),
      build.op('Sub', given, build.op('Mul', given, o)),
      build.op('Mul', former, build.sigmoidSlope(f)),
      build.op('Sub', i, build.op('Mul', taken, g)),
    ],
    1,
  );
  const toCell = build.op('Sub', o, build.op('Mul', given, squeezed));
  return { forget: perStep(f), toCell: perStep(toCell), toGates: perStep(toGates) };
}

function backward(direction: Direction, build: Sequences): DirectionAdjoints {
  const { steps, r, adjoints, lastHidden, lastCell } = direction;
  const { forget, toCell, toGates } = saved(direction, build);
  const last = adjoints[steps - 1] ?? '';
  let hidden = lastHidden === undefined ? last : build.op('Add', last, lastHidden);
  let cell = lastCell;
  const gates: string[] = [];
  for (let step = steps - 1; step >= 0; step--) {
    const through = build.op('Mul', hidden, toCell[step] ?? '');
    cell = cell === undefined ? through : build.op('Add', through, cell);
    gates[step] = build.op('Mul', build.concat([cell, hidden, cell, cell], 1), toGates[step] ?? '');
    const earlier = adjoints[step - 1];
    hidden = build.product([gates[step] ?? '', r, ...(earlier === undefined ? [] : [earlier])]);
    cell = build.op('Mul', cell, forget[step] ?? '');
  }
  const all = build.concat(gates, 0);
  return { input: all, recurrent: all, hidden, ...(cell === undefined ? {} : { cell }) };
}

export const lstm = recurrent(GATES, backward);
