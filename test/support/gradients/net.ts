// Small nets that gradient rules are checked on: an operator between a layer in front of it and a head behind it.
import { encodeModel, floats, GraphBuilder, ints, longs, sizeOf } from '../../../edge-agent/src/train/graph/index.ts';
import { seededRandom } from '../../../edge-agent/src/train/random.ts';

/** Examples of a check. */
export const BATCH = 3;

/** A net under construction: `weight` makes trainable values around zero, reproducibly. */
export class Net extends GraphBuilder {
  private readonly random = seededRandom('gradient check');

  weight(...shape: number[]): string {
    const name = `w${this.initializers.size}`;
    const data = Float32Array.from({ length: sizeOf(shape) }, () => this.random.uniform() * 1.6 - 0.8);
    this.initializers.set(name, { dtype: 'float32', shape, data });
    return name;
  }

  shaped(...shape: number[]): string {
    const name = `s${this.initializers.size}`;
    this.initializers.set(name, longs([shape.length], shape));
    return name;
  }

  /** A constant, which is not trained. */
  numbers(values: readonly number[], ...shape: number[]): string {
    return this.constant(floats(shape, values));
  }

  whole(values: readonly number[], ...shape: number[]): string {
    return this.constant(longs(shape.length > 0 ? shape : [values.length], values));
  }

  /** A fully connected layer to the three classes. */
  head(value: string, features: number): string {
    return this.op('Gemm', [value, this.weight(features, 3), this.weight(3)]);
  }
}

export interface Case {
  readonly name: string;
  readonly shape: readonly number[];
  /** @returns the scores, [batch, 3] */
  readonly build: (net: Net) => string;
}

/** A convolution in front, so that the operator's input gradient is checked too; then the operator, then the head. */
export function onImage(name: string, features: number, build: (net: Net, image: string) => string): Case {
  return {
    name,
    shape: [2, 6, 7],
    build: (net) => {
      const image = net.op('Conv', ['input', net.weight(2, 2, 1, 1)]);
      return net.head(net.op('Flatten', [build(net, image)]), features);
    },
  };
}

export function onVector(name: string, build: (net: Net, vector: string) => string, features = 4): Case {
  return {
    name,
    shape: [5],
    build: (net) => net.head(build(net, net.op('Gemm', ['input', net.weight(5, 4), net.weight(4)])), features),
  };
}

export const pads = (...value: number[]): { pads: ReturnType<typeof ints> } => ({ pads: ints(value) });

/** The case as ONNX bytes, and the operators in it. */
export function modelOf({ shape, build }: Case): { bytes: Uint8Array; operators: string[] } {
  const net = new Net();
  const logits = build(net);
  const bytes = encodeModel({
    opset: 18,
    graph: {
      name: 'case',
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', ...shape] }],
      outputs: [{ name: logits, dtype: 'float32', shape: ['batch', 3] }],
      initializers: net.initializers,
      nodes: net.nodes,
    },
  });
  return { bytes, operators: net.nodes.map(({ operator }) => operator) };
}

/** Matrices [batch, 3, 4] made from vectors; `features` of what the operator leaves of each example go to the head. */
export function onMatrices(name: string, features: number, build: (net: Net, matrices: string) => string): Case {
  return {
    name,
    shape: [5],
    build: (net) => {
      const flat = net.op('Gemm', ['input', net.weight(5, 12), net.weight(12)]);
      const matrices = net.op('Reshape', [flat, net.shaped(0, 3, 4)]);
      return net.head(net.op('Reshape', [build(net, matrices), net.shaped(BATCH, -1)]), features);
    },
  };
}
