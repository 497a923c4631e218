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

/** Every pass over all steps costs about as much as a step's product, so slopes are made of products that are there anyway. */
function saved(direction: Direction, build: Sequences): Saved {
  const { steps, batch } = direction;
  const [i = '', o = '', f = '', g = ''] = gatesOf(direction, build);
  const perStep = (value: string): string[] => build.split(value, 0, Array<number>(steps).fill(batch));
  const forget = perStep(f);
  const taken = build.op('Mul', i, g);
  const added = perStep(taken);
  const cells = [direction.cell];
  for (let step = 0; step < steps; step++) {
    cells.push(build.op('Add', build.op('Mul', forget[step] ?? '', cells[step] ?? ''), added[step] ?? ''));
  }
  const all = build.concat(cells, 0);
  const squeezed = build.op('Tanh', build.rows(all, batch, (steps + 1) * batch));
  const given = build.op('Mul', o, squeezed);
  const former = build.rows(all, 0, steps * batch);
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
  return { forget, toCell: perStep(toCell), toGates: perStep(toGates) };
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
