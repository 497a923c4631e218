// GRU (Cho et al. 2014) as the ONNX operator with linear_before_reset = 1 defines it, gates z, r, h: PyTorch's and cuDNN's form.
import { recurrent, type Direction, type DirectionAdjoints } from './recurrent.ts';
import type { Sequences } from './sequences.ts';

/** What backward needs of forward, for all steps at once. */
interface Saved {
  /** [batch, hidden] a step: z */
  readonly kept: readonly string[];
  /** [steps * batch, hidden]: what a hidden state's adjoint is multiplied with to be that of the new state, before tanh */
  readonly toNew: string;
  /** [batch, 3 hidden] a step: the same for z, r and the hidden state's product, before activation */
  readonly factors: readonly string[];
}

function products({ x, w, r, biases, before, hidden }: Direction, build: Sequences): string[][] {
  const [inputBias, hiddenBias] = biases ?? [];
  const fromInput = build.product([x, w, ...(inputBias === undefined ? [] : [inputBias])], { b: true });
  const fromHidden = build.product([before, r, ...(hiddenBias === undefined ? [] : [hiddenBias])], { b: true });
  return [fromInput, fromHidden].map((value) => build.split(value, 1, [2 * hidden, hidden]));
}

/** h' = (1 - z) n + z h with n = tanh(input + r (hidden's product)) */
function saved(direction: Direction, build: Sequences): Saved {
  const { steps, batch, hidden: size, before } = direction;
  const [[inputGates = '', inputNew = ''] = [], [hiddenGates = '', hiddenNew = ''] = []] = products(direction, build);
  const gates = build.op('Sigmoid', build.op('Add', inputGates, hiddenGates));
  const [z = '', reset = ''] = build.split(gates, 1, [size, size]);
  const fresh = build.op('Tanh', build.op('Add', inputNew, build.op('Mul', reset, hiddenNew)));
  const toNew = build.timesTanhSlope(build.op('Sub', one(build), z), fresh);
  const toUpdate = build.op('Mul', build.op('Sub', before, fresh), build.sigmoidSlope(z));
  const toReset = build.op('Mul', build.op('Mul', toNew, hiddenNew), build.sigmoidSlope(reset));
  const perStep = (value: string): string[] => build.split(value, 0, Array<number>(steps).fill(batch));
  const factors = perStep(build.concat([toUpdate, toReset, build.op('Mul', toNew, reset)], 1));
  return { kept: perStep(z), toNew, factors };
}

function backward(direction: Direction, build: Sequences): DirectionAdjoints {
  const { steps, hidden: size, r, adjoints, lastHidden } = direction;
  const { kept, toNew, factors } = saved(direction, build);
  const last = adjoints[steps - 1] ?? '';
  let hidden = lastHidden === undefined ? last : build.op('Add', last, lastHidden);
  const hiddens: string[] = [];
  const recurrents: string[] = [];
  for (let step = steps - 1; step >= 0; step--) {
    hiddens[step] = hidden;
    const product = build.op('Mul', build.concat([hidden, hidden, hidden], 1), factors[step] ?? '');
    recurrents[step] = product;
    const direct = build.op('Mul', hidden, kept[step] ?? '');
    const earlier = adjoints[step - 1];
    hidden = build.product([product, r, earlier === undefined ? direct : build.op('Add', direct, earlier)]);
  }
  const all = build.concat(recurrents, 0);
  const [shared = ''] = build.split(all, 1, [2 * size, size]);
  const input = build.concat([shared, build.op('Mul', build.concat(hiddens, 0), toNew)], 1);
  return { input, recurrent: all, hidden };
}

function one(build: Sequences): string {
  return build.context.graph.constant({ dtype: 'float32', shape: [], data: Float32Array.of(1) });
}

export const gru = recurrent(3, backward);
