// LSTM (Hochreiter & Schmidhuber 1997, with forget gates of Gers et al. 2000) as the ONNX operator defines it, gates i, o, f, c.
import { recurrent, type Direction, type DirectionAdjoints } from './recurrent.ts';
import type { Sequences } from './sequences.ts';

/** What backward needs of forward, for all steps at once: [steps * batch, hidden] each. */
interface Saved {
  readonly forget: readonly string[];
  /** o (1 - tanh(c)^2): what a hidden state's adjoint adds to the cell's */
  readonly toCell: readonly string[];
  /** [batch, 4 hidden] a step: what the adjoints of cell, hidden, cell, cell are multiplied with to be those of i, o, f, c */
  readonly toGates: readonly string[];
}

function saved(direction: Direction, build: Sequences): Saved {
  const { steps, batch, hidden, x, w, r, biases, before } = direction;
  const bias = biases === undefined ? [] : [build.op('Add', ...biases)];
  const fromInput = build.product([x, w, ...bias], { b: true });
  const gates = build.product([before, r, fromInput], { b: true });
  const [squashed = '', raw = ''] = build.split(gates, 1, [3 * hidden, hidden]);
  const [i = '', o = '', f = ''] = build.split(build.op('Sigmoid', squashed), 1, [hidden, hidden, hidden]);
  const g = build.op('Tanh', raw);
  const perStep = (value: string): string[] => build.split(value, 0, Array<number>(steps).fill(batch));
  const forget = perStep(f);
  const added = perStep(build.op('Mul', i, g));
  const cells = [direction.cell];
  for (let step = 0; step < steps; step++) {
    cells.push(build.op('Add', build.op('Mul', forget[step] ?? '', cells[step] ?? ''), added[step] ?? ''));
  }
  const squeezed = build.op('Tanh', build.concat(cells.slice(1), 0));
  const former = build.concat(cells.slice(0, -1), 0);
  const toGates = build.concat(
    [
      build.op('Mul', g, build.sigmoidSlope(i)),
      build.op('Mul', squeezed, build.sigmoidSlope(o)),
      build.op('Mul', former, build.sigmoidSlope(f)),
      build.timesTanhSlope(i, g),
    ],
    1,
  );
  return { forget, toCell: perStep(build.timesTanhSlope(o, squeezed)), toGates: perStep(toGates) };
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

export const lstm = recurrent(4, backward);
