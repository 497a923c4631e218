// The models that the bench `train` trains beside PyTorch; `peer.py` has the same ones, layer by layer.
import { cnn, mlp } from '../../edge-agent/src/models/index.ts';
import { heUniform, zeros } from '../../edge-agent/src/models/initialise.ts';
import { encodeModel, GraphBuilder, int, ints, longs } from '../../edge-agent/src/train/graph/index.ts';
import type { Attribute, Shape, Tensor } from '../../edge-agent/src/train/graph/index.ts';

export interface BenchModel {
  readonly bytes: Uint8Array;
  /** Of one example. */
  readonly shape: Shape;
  readonly classes: number;
  /** Examples are integers below this; where it is not given, numbers in [0, 1). */
  readonly codes?: number;
}

const OPSET = 18;

/** Nodes and their weights, by short names. */
class Net {
  readonly graph = new GraphBuilder();

  op(operator: string, inputs: string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    return this.graph.op(operator, inputs, attributes, output);
  }

  weight(name: string, shape: Shape, fanIn: number): string {
    return this.keep(name, heUniform(shape, fanIn, 'bench', name));
  }

  bias(name: string, length: number): string {
    return this.keep(name, zeros([length]));
  }

  filled(name: string, length: number, value: number): string {
    return this.keep(name, { dtype: 'float32', shape: [length], data: new Float32Array(length).fill(value) });
  }

  list(...values: number[]): string {
    return this.graph.constant(longs([values.length], values));
  }

  dense(name: string, value: string, [from, to]: readonly [number, number], output?: string): string {
    const parameters = [this.weight(`${name}.weight`, [to, from], from), this.bias(`${name}.bias`, to)];
    return this.op('Gemm', [value, ...parameters], { transB: int(1) }, output);
  }

  encode({ shape, classes, codes }: Omit<BenchModel, 'bytes'>): BenchModel {
    const dtype = codes === undefined ? 'float32' : 'int64';
    const bytes = encodeModel({
      opset: OPSET,
      graph: {
        name: 'bench',
        inputs: [{ name: 'input', dtype, shape: ['batch', ...shape] }],
        outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', classes] }],
        initializers: this.graph.initializers,
        nodes: this.graph.nodes,
      },
    });
    return { bytes, shape, classes, ...(codes === undefined ? {} : { codes }) };
  }

  private keep(name: string, tensor: Tensor): string {
    this.graph.reserve([name]);
    this.graph.initializers.set(name, tensor);
    return name;
  }
}

const CHARACTERS = 80;

/** The next-character model of the FedAvg paper's Shakespeare with one layer, in the form that PyTorch exports it in. */
function lstm(): BenchModel {
  const [steps, width, hidden] = [80, 8, 128];
  const net = new Net();
  const embedded = net.op('Gather', [net.weight('embedding', [CHARACTERS, width], width), 'input']);
  const sequence = net.op('Transpose', [embedded], { perm: ints([1, 0, 2]) });
  const parameters = [
    net.weight('w', [1, 4 * hidden, width], 6 * hidden),
    net.weight('r', [1, 4 * hidden, hidden], 6 * hidden),
  ];
  net.graph.initializers.set('b', zeros([1, 8 * hidden]));
  const states = net.op('LSTM', [sequence, ...parameters, 'b'], { hidden_size: int(hidden) });
  const byExample = net.op('Transpose', [net.op('Squeeze', [states, net.list(1)])], { perm: ints([1, 0, 2]) });
  const last = net.op('Gather', [byExample, net.graph.constant(longs([], [-1]))], { axis: int(1) });
  net.dense('fc', last, [hidden, CHARACTERS], 'logits');
  return net.encode({ shape: [steps], classes: CHARACTERS, codes: CHARACTERS });
}

/** ResNet-8 for images of 32 x 32 (He et al. 2016): three stages of one block, 16, 32 and 64 channels. */
function resnet(): BenchModel {
  const net = new Net();
  const conv = (name: string, value: string, [from, to]: readonly [number, number], kernel: number, stride: number) => {
    const weight = net.weight(name, [to, from, kernel, kernel], from * kernel * kernel);
    const pad = (kernel - 1) / 2;
    return net.op('Conv', [value, weight], { strides: ints([stride, stride]), pads: ints([pad, pad, pad, pad]) });
  };
  const norm = (name: string, value: string, channels: number): string => {
    const parameters = [
      net.filled(`${name}.weight`, channels, 1),
      net.bias(`${name}.bias`, channels),
      net.bias(`${name}.mean`, channels),
      net.filled(`${name}.variance`, channels, 1),
    ];
    return net.op('BatchNormalization', [value, ...parameters]);
  };
  let value = net.op('Relu', [norm('bn', conv('conv', 'input', [3, 16], 3, 1), 16)]);
  for (const [stage, [from, to, stride]] of (
    [
      [16, 16, 1],
      [16, 32, 2],
      [32, 64, 2],
    ] as const
  ).entries()) {
    const inner = net.op('Relu', [norm(`${stage}.bn1`, conv(`${stage}.conv1`, value, [from, to], 3, stride), to)]);
    const outer = norm(`${stage}.bn2`, conv(`${stage}.conv2`, inner, [to, to], 3, 1), to);
    const short = from === to ? value : conv(`${stage}.short`, value, [from, to], 1, stride);
    value = net.op('Relu', [net.op('Add', [outer, short])]);
  }
  net.dense('fc', net.op('Flatten', [net.op('GlobalAveragePool', [value])]), [64, 10], 'logits');
  return net.encode({ shape: [3, 32, 32], classes: 10 });
}

/** One layer of a transformer encoder (Vaswani et al. 2017), normalised after each part, over 32 characters. */
function encoder(): BenchModel {
  const [length, width, heads, inner] = [32, 64, 4, 256];
  const net = new Net();
  const linear = (name: string, value: string, [from, to]: readonly [number, number]): string => {
    const product = net.op('MatMul', [value, net.weight(`${name}.weight`, [from, to], from)]);
    return net.op('Add', [product, net.bias(`${name}.bias`, to)]);
  };
  const norm = (name: string, value: string): string => {
    const parameters = [net.filled(`${name}.weight`, width, 1), net.bias(`${name}.bias`, width)];
    return net.op('LayerNormalization', [value, ...parameters], { axis: int(-1) });
  };
  const x = net.op('Gather', [net.weight('embedding', [CHARACTERS, width], width), 'input']);
  const projected = linear('in', x, [width, 3 * width]);
  const apart = net.op('Reshape', [projected, net.list(-1, length, 3, heads, width / heads)]);
  const [q = '', k = '', v = ''] = net.graph
    .outputs('Split', [net.op('Transpose', [apart], { perm: ints([2, 0, 3, 1, 4]) })], { num_outputs: int(3) }, 3)
    .map((part) => net.op('Squeeze', [part, net.list(0)]));
  const scale = net.graph.constant({
    dtype: 'float32',
    shape: [],
    data: Float32Array.of(1 / Math.sqrt(width / heads)),
  });
  const scores = net.op('MatMul', [net.op('Mul', [q, scale]), net.op('Transpose', [k], { perm: ints([0, 1, 3, 2]) })]);
  const mixed = net.op('MatMul', [net.op('Softmax', [scores], { axis: int(-1) }), v]);
  const together = net.op('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) });
  const attended = linear('out', net.op('Reshape', [together, net.list(-1, length, width)]), [width, width]);
  const first = norm('norm1', net.op('Add', [x, attended]));
  const fed = linear('down', net.op('Relu', [linear('up', first, [width, inner])]), [inner, width]);
  const pooled = net.op('ReduceMean', [norm('norm2', net.op('Add', [first, fed])), net.list(1)], { keepdims: int(0) });
  net.dense('fc', pooled, [width, 10], 'logits');
  return net.encode({ shape: [length], classes: 10, codes: CHARACTERS });
}

const images = { shape: [1, 28, 28], classes: 10 };

/** Each is made when it is asked for. */
export const MODELS = {
  mlp: (): BenchModel => ({ bytes: mlp({ sizes: [784, 200, 200, 10], seed: 1 }), ...images }),
  cnn: (): BenchModel => ({ bytes: cnn({ seed: 1 }), ...images }),
  lstm,
  resnet,
  encoder,
} as const;

export type ModelName = keyof typeof MODELS;
