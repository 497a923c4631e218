// Dropout while training (Srivastava et al. 2014) with a mask that anyone can recompute: exact integer arithmetic in the graph,
// keyed by a seed of the step. Not the runtime's random operators, whose stream is stateful and undocumented.
//
// With p = 2^31 - 1 (prime), all numbers below p and all products below 2^62:
//   mix(x)  = (A x^5 + B)^5 mod p      x^5 is a bijection modulo p, since 5 does not divide p - 1
//   s       = mix(seed + C (ordinal + 1)),  ordinal counts the model's Dropout nodes
//   a_i     = mix(s + i),  b_j = mix(a' + j) with a' = mix(s + D)      i: example of the batch, j: place within the example
//   m_ij    = (a_i b_j + s)^2 mod p,  the value is dropped where m_ij < floor(ratio p), else divided by 1 - ratio
import { MusterError } from '@muster/protocol';
import { floats, int, longs, sizeOf, type GraphBuilder, type Tensor } from '../graph/index.ts';
import { unsupported } from '../graph/attributes.ts';
import { appendKnown, type TrainingForm } from './form.ts';

const PRIME = 2 ** 31 - 1;
const [A, B, C, D] = [1_597_334_677, 1_013_904_223, 1_640_531_527, 747_796_405];
const DEFAULT_RATIO = 0.5;

/** Integer arithmetic modulo p. */
class Residues {
  private readonly graph: GraphBuilder;
  private readonly prime: string;

  constructor(graph: GraphBuilder) {
    this.graph = graph;
    this.prime = this.long(PRIME);
  }

  long(value: number): string {
    return this.graph.constant(longs([], [value]));
  }

  add(a: string, b: string): string {
    return this.reduced(this.graph.op('Add', [a, b]));
  }

  multiply(a: string, b: string): string {
    return this.reduced(this.graph.op('Mul', [a, b]));
  }

  mix(value: string): string {
    return this.fifth(this.add(this.multiply(this.fifth(value), this.long(A)), this.long(B)));
  }

  private fifth(value: string): string {
    const square = this.multiply(value, value);
    return this.multiply(this.multiply(square, square), value);
  }

  private reduced(value: string): string {
    return this.graph.op('Mod', [value, this.prime]);
  }

  /** 0 … count-1 in the given shape. */
  count(shape: readonly [number, number]): string {
    const range = this.graph.op('Range', [this.long(0), this.long(sizeOf(shape)), this.long(1)]);
    return this.graph.op('Reshape', [range, this.graph.constant(longs([2], shape))]);
  }
}

/** [examples, places] of int64 below p, as good as random. */
function draws(graph: GraphBuilder, seed: string, ordinal: number, rows: number, columns: number): string {
  const of = new Residues(graph);
  const s = of.mix(of.add(seed, of.long((C * (ordinal + 1)) % PRIME)));
  const a = of.mix(of.add(of.count([rows, 1]), s));
  const b = of.mix(of.add(of.count([1, columns]), of.mix(of.add(s, of.long(D)))));
  const sum = of.add(of.multiply(a, b), s);
  return of.multiply(sum, sum);
}

/** @throws MusterError ERR_MODEL_MALFORMED of a ratio that is none */
function ratioOf(node: string, tensor: Tensor | undefined): number {
  const ratio = tensor === undefined ? DEFAULT_RATIO : Number(tensor.data[0]);
  if (ratio >= 0 && ratio < 1) return ratio;
  throw new MusterError('ERR_MODEL_MALFORMED', { node, reason: `a Dropout's ratio must be in [0, 1), is ${ratio}` });
}

export const dropout: TrainingForm = (node, { graph, seed, ordinal }) => {
  const [x = '', given = ''] = node.inputs;
  const tensor = graph.initializers.get(given);
  if (given !== '' && tensor === undefined) throw unsupported(node, 'its ratio must be known before the graph runs');
  const ratio = ratioOf(node.name, tensor);
  const shape = graph.shapeOf(x);
  const rows = shape[0] ?? 1;
  const drawn = draws(graph, seed(), ordinal(), rows, sizeOf(shape) / rows);
  const kept = graph.op('GreaterOrEqual', [drawn, graph.constant(longs([], [Math.floor(ratio * PRIME)]))]);
  const factors = graph.op('Mul', [
    graph.op('Cast', [kept], { to: int(1) }),
    graph.constant(floats([], [1 / (1 - ratio)])),
  ]);
  const mask = graph.op('Reshape', [factors, graph.constant(longs([shape.length], [...shape]))]);
  graph.shapes.set(mask, shape);
  appendKnown(graph, 'Mul', [x, mask], {}, node.outputs[0]);
  return true;
};
