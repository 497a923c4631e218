// Reading and writing of ONNX models: what is refused, and that writing is deterministic.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import onnxProto from 'onnx-proto';
import { digestOf, isMusterError } from '@muster/protocol';
import { refusal } from '../../../../test/support/refusal.ts';
import { cnn, mlp } from '../../models/index.ts';
import { decodeModel } from './decode.ts';
import { encodeModel } from './encode.ts';

const { onnx } = onnxProto;
const MODEL = mlp({ sizes: [4, 3, 2], seed: 1 });

/** The bytes of the small model with its protobuf changed. */
function changed(change: (model: InstanceType<typeof onnx.ModelProto>) => void): Uint8Array {
  const model = onnx.ModelProto.decode(MODEL);
  change(model);
  return onnx.ModelProto.encode(model).finish();
}

describe('ONNX models', () => {
  test('what is read and written again is the same bytes', () => {
    const exported = new URL('../../../../test/vectors/gradients/odd-dynamo.onnx', import.meta.url);
    for (const model of [MODEL, cnn({ seed: 2 })]) {
      expect(digestOf(encodeModel(decodeModel(model)))).toBe(digestOf(model));
    }
    const once = encodeModel(decodeModel(readFileSync(exported)));
    expect(encodeModel(decodeModel(once))).toEqual(once);
  });

  test.each<[string, Uint8Array, string]>([
    ['no ONNX', new TextEncoder().encode('hello, this is text'), 'the bytes are not an ONNX model'],
    ['nothing', new Uint8Array(), 'the model has no graph'],
    ['a truncated file', MODEL.subarray(0, MODEL.length - 7), 'the bytes are not an ONNX model'],
    [
      'an old operator set',
      changed((model) => (model.opsetImport[0]!.version = 9)),
      'operator set 9 is not supported: export with 13 to 23',
    ],
    [
      'external data',
      changed((model) => (model.graph!.initializer![0]!.externalData = [{ key: 'location', value: '/etc/passwd' }])),
      'tensor dense1.weight keeps its data in another file',
    ],
    [
      'negative dimensions',
      changed((model) => (model.graph!.initializer![0]!.dims = [-4, -3])),
      'tensor dense1.weight has a negative dimension',
    ],
    [
      'absurd dimensions',
      changed((model) => (model.graph!.initializer![0]!.dims = [2 ** 40, 2 ** 40])),
      'tensor dense1.weight has 1.2089258196146292e+24 elements, at most 268435456 are supported',
    ],
    [
      'a short tensor',
      changed((model) => (model.graph!.initializer![0]!.dims = [4, 4])),
      'tensor dense1.weight has another length than its dimensions say',
    ],
    [
      'half precision',
      changed((model) => (model.graph!.initializer![0]!.dataType = 10)),
      'tensor dense1.weight has element type float16: only float32, int32, int64 and bool are supported',
    ],
    [
      'a tensor given twice',
      changed((model) => (model.graph!.initializer![1]!.name = 'dense1.weight')),
      'initializer dense1.weight is given twice',
    ],
    [
      'an undefined output',
      changed((model) => (model.graph!.output![0]!.name = 'nowhere')),
      'graph output nowhere is not defined',
    ],
  ])('refuses %s', (_what, bytes, reason) => {
    const { code, details } = refusal(() => decodeModel(bytes));
    expect({ code, details }).toEqual({ code: 'ERR_MODEL_MALFORMED', details: { reason } });
  });

  test('refuses a cycle and a value defined twice, naming the node', () => {
    const cycle = changed((model) => (model.graph!.node![0]!.input = ['logits']));
    expect(refusal(() => decodeModel(cycle))).toMatchObject({
      code: 'ERR_MODEL_MALFORMED',
      details: { node: 'features', reason: 'input logits is not defined before it is used' },
    });
    const twice = changed((model) => (model.graph!.node![1]!.output = ['features']));
    expect(refusal(() => decodeModel(twice))).toMatchObject({
      code: 'ERR_MODEL_MALFORMED',
      details: { reason: 'value features is defined twice' },
    });
  });

  test('refuses custom operators and sub-graphs, naming the node', () => {
    const custom = changed((model) => (model.graph!.node![2]!.domain = 'com.example'));
    expect(refusal(() => decodeModel(custom))).toMatchObject({
      code: 'ERR_OPERATOR_UNSUPPORTED',
      details: { operator: 'com.example.Relu', node: 'relu1' },
    });
    const nested = changed((model) => {
      model.graph!.node![2]!.attribute = [{ name: 'body', type: onnx.AttributeProto.AttributeType.GRAPH, g: {} }];
    });
    expect(refusal(() => decodeModel(nested)).code).toBe('ERR_OPERATOR_UNSUPPORTED');
  });

  test('bytes changed at random are read or refused with a code, never anything else', () => {
    const bytes = fc.array(fc.tuple(fc.nat(MODEL.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(bytes, (changes) => {
        const copy = Uint8Array.from(MODEL);
        for (const [at, value] of changes) copy[at] = value;
        try {
          decodeModel(copy);
        } catch (error) {
          expect(isMusterError(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
