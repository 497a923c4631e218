// Hostile ONNX: each kind is refused by a code, before memory or time is spent on it; whatever is changed at random too.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import onnxProto from 'onnx-proto';
import { isMusterError } from '@muster/protocol';
import { refusal } from '../../../../test/support/refusal.ts';
import { plainOptions } from '../../../../test/support/train-vectors.ts';
import { mlp } from '../../models/index.ts';
import { buildTrainStep } from '../train-step.ts';
import { decodeModel } from './decode.ts';
import { LIMITS } from './limits.ts';
import { specialise } from './specialise.ts';

const { onnx } = onnxProto;
type Proto = InstanceType<typeof onnx.ModelProto>;
type Nodes = NonNullable<NonNullable<Proto['graph']>['node']>;
const MODEL = mlp({ sizes: [4, 3, 2], seed: 1 });
const FOLDER = new URL('../../../../test/vectors/gradients/', import.meta.url);
const VALID = ['cnn-torchscript', 'attentive-dynamo-23', 'multihead-torchscript', 'tabular-dynamo', 'shuffle-dynamo'];

function changed(change: (model: Proto) => void): Uint8Array {
  const model = onnx.ModelProto.decode(MODEL);
  change(model);
  return onnx.ModelProto.encode(model).finish();
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** A protobuf field of bytes. */
function field(number: number, content: Uint8Array): Uint8Array {
  return Uint8Array.from(
    Buffer.concat([Uint8Array.from([...varint(number * 8 + 2), ...varint(content.length)]), content]),
  );
}

/** A message within itself, as a chain of field numbers tells, repeated. */
function nested(chain: readonly number[], times: number): Uint8Array {
  let bytes = new Uint8Array();
  for (let i = 0; i < times; i++)
    for (const number of [...chain].reverse()) bytes = new Uint8Array(field(number, bytes));
  return bytes;
}

/** Inserts a node in front that makes a value of a shape which nobody would want. */
function exploding(operator: string, sizes: readonly number[]): Uint8Array {
  return changed((model) => {
    const shape = { name: 'sizes', dataType: 7, dims: [sizes.length], int64Data: [...sizes] };
    const input = operator === 'ConstantOfShape' ? ['sizes'] : ['dense1.bias', 'sizes'];
    const nodes: Nodes = [{ name: 'bomb', opType: operator, input, output: ['bomb'] }];
    model.graph!.initializer = [...model.graph!.initializer!, shape];
    model.graph!.node = [...nodes, ...model.graph!.node!];
  });
}

const tensor = (model: Proto): NonNullable<NonNullable<Proto['graph']>['initializer']>[number] =>
  model.graph!.initializer![0]!;

describe('hostile ONNX', () => {
  test.each<[string, Uint8Array, string]>([
    [
      'a place outside the file',
      changed((m) => (tensor(m).dataLocation = onnx.TensorProto.DataLocation.EXTERNAL)),
      'keeps its data in another file',
    ],
    ['data given twice', changed((m) => (tensor(m).floatData = Array<number>(12).fill(0))), 'gives its data twice'],
    ['a segment', changed((m) => (tensor(m).segment = { begin: 0, end: 1 })), 'is a segment of another'],
    ['doubles', changed((m) => (tensor(m).dataType = 11)), 'has element type double'],
    ['strings', changed((m) => (tensor(m).dataType = 8)), 'has element type string'],
    ['a type nobody knows', changed((m) => (tensor(m).dataType = 99)), 'has element type number 99'],
    ['too many axes', changed((m) => (tensor(m).dims = Array<number>(17).fill(1))), 'has 17 axes, at most 16'],
    [
      'a product that overflows',
      changed((m) => (tensor(m).dims = [2 ** 20, 2 ** 20, 0, 2 ** 50])),
      'has another length',
    ],
    [
      'sparse initializers',
      changed((m) => (m.graph!.sparseInitializer = [{ dims: [4, 3] }])),
      'sparse initializers are not supported',
    ],
    [
      'a negative dimension of the input',
      changed((m) => (m.graph!.input![0]!.type!.tensorType!.shape!.dim![1]!.dimValue = -4)),
      'value input has a negative dimension',
    ],
    [
      'half precision at the input',
      changed((m) => (m.graph!.input![0]!.type!.tensorType!.elemType = 10)),
      'value input has element type float16',
    ],
    [
      'a function that redefines an operator',
      changed((m) => (m.functions = [{ name: 'Relu', domain: '' }])),
      'function Relu redefines an operator of ONNX',
    ],
    [
      'two operator sets',
      changed((m) => (m.opsetImport = [{ version: 18 }, { domain: 'ai.onnx', version: 13 }])),
      'the operator set is given twice',
    ],
    [
      'an attribute given twice',
      changed((m) => (m.graph!.node![0]!.attribute = [0, 1].map((i) => ({ name: 'axis', type: 2, i })))),
      'an attribute is given twice',
    ],
    [
      'a node of endless inputs',
      changed((m) => (m.graph!.node![2]!.input = Array<string>(LIMITS.nodeValues + 1).fill('features'))),
      `it has more than ${LIMITS.nodeValues} inputs or outputs`,
    ],
    [
      'more nodes than anybody needs',
      changed((m) => (m.graph!.node = Array<Nodes[number]>(LIMITS.nodes + 1).fill({ opType: 'Relu' }))),
      `the graph has ${LIMITS.nodes + 1} nodes, at most ${LIMITS.nodes} are supported`,
    ],
    [
      'more fields than anybody needs',
      field(
        7,
        field(
          1,
          new Uint8Array(2 * LIMITS.wireElements + 2).map((_, i) => (i % 2 === 0 ? 10 : 0)),
        ),
      ),
      `the file has more than ${LIMITS.wireElements} fields`,
    ],
    [
      'whole numbers packed without end',
      field(7, field(5, field(7, new Uint8Array(LIMITS.wireElements)))),
      `the file has more than ${LIMITS.wireElements} fields`,
    ],
    [
      'graphs within graphs',
      field(7, nested([1, 5, 6], 300)),
      `messages are nested more than ${LIMITS.wireDepth} deep`,
    ],
    ['types within types', field(7, field(11, field(2, nested([4, 1], 300)))), 'messages are nested more than'],
    ['a length beyond the end', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f), 'the bytes are not an ONNX model'],
    ['a number without end', new Uint8Array(40).fill(0xff), 'the bytes are not an ONNX model'],
  ])('refuses %s', (_what, bytes, reason) => {
    const { code, details } = refusal(() => decodeModel(bytes));
    expect(code).toBe('ERR_MODEL_MALFORMED');
    expect((details as { reason: string }).reason).toContain(reason);
  });

  test.each<[string, Uint8Array, string, string]>([
    ['a value of absurd size', exploding('Expand', [2 ** 20, 2 ** 20, 3]), 'ERR_MODEL_SHAPE', 'value bomb has shape'],
    ['a constant of absurd size', exploding('ConstantOfShape', [2 ** 40]), 'ERR_MODEL_SHAPE', 'value bomb has shape'],
    ['a shape of negative sizes', exploding('ConstantOfShape', [-5]), 'ERR_MODEL_SHAPE', '[-5] is no shape'],
    ['a tile of absurd size', exploding('Tile', [2 ** 50]), 'ERR_MODEL_SHAPE', 'value bomb has shape'],
    [
      'a range without end',
      changed((m) => {
        const one = (name: string, value: number): object => ({ name, dataType: 7, dims: [], int64Data: [value] });
        m.graph!.initializer = [...m.graph!.initializer!, one('from', 0), one('to', 2 ** 40), one('by', 1)];
        const range = { name: 'bomb', opType: 'Range', input: ['from', 'to', 'by'], output: ['bomb'] };
        m.graph!.node = [range, ...m.graph!.node!];
      }),
      'ERR_MODEL_SHAPE',
      'a range of 1099511627776 values',
    ],
    [
      'a node without its inputs',
      changed((m) => (m.graph!.node![1]!.input = ['features'])),
      'ERR_MODEL_SHAPE',
      'its input 1 is missing',
    ],
    [
      'a loop',
      changed((m) => (m.graph!.node![2]!.opType = 'Loop')),
      'ERR_OPERATOR_UNSUPPORTED',
      'operator Loop of node relu1 is not supported',
    ],
    [
      'two inputs',
      changed((m) => (m.graph!.input = [...m.graph!.input!, { ...m.graph!.input![0], name: 'second' }])),
      'ERR_MODEL_SHAPE',
      'a model must have exactly one input',
    ],
  ])('refuses %s where shapes are worked out', (_what, bytes, code, reason) => {
    const error = refusal(() => specialise(decodeModel(bytes), 2));
    expect(error.code).toBe(code);
    expect(error.message).toContain(reason);
  });

  test.each(VALID)('%s changed at random is taken or refused with a code, never anything else', (name) => {
    const model = readFileSync(new URL(`${name}.onnx`, FOLDER));
    const change = fc.record({
      at: fc.nat(model.length - 1),
      bytes: fc.uint8Array({ maxLength: 4 }),
      remove: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes: Uint8Array = Uint8Array.from(model);
        for (const { at, bytes: put, remove } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + remove)]);
        }
        try {
          buildTrainStep(bytes, plainOptions(3));
        } catch (error) {
          if (!isMusterError(error)) throw error;
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each(VALID)('%s with values of one node exchanged is taken or refused with a code', (name) => {
    const model = readFileSync(new URL(`${name}.onnx`, FOLDER));
    const { node, initializer } = onnx.ModelProto.decode(model).graph!;
    const names = [...node!.flatMap(({ output }) => output!), ...initializer!.map((each) => each.name!)];
    const types = [...new Set(node!.map(({ opType }) => opType!))];
    fc.assert(
      fc.property(
        fc.nat(node!.length - 1),
        fc.nat(5),
        fc.constantFrom('', ...names),
        fc.constantFrom(undefined, ...types),
        (at, input, value, type) => {
          const proto = onnx.ModelProto.decode(model);
          const victim = proto.graph!.node![at]!;
          if (victim.input!.length > 0) victim.input = victim.input!.with(input % victim.input!.length, value);
          if (type !== undefined) victim.opType = type;
          try {
            buildTrainStep(onnx.ModelProto.encode(proto).finish(), plainOptions(3));
          } catch (error) {
            if (!isMusterError(error)) throw error;
          }
        },
      ),
      // positions that are no integers, found by an earlier run
      { numRuns: 60, examples: name === 'shuffle-dynamo' ? [[13, 1, 'val_52', 'Gather']] : [] },
    );
  });
});
