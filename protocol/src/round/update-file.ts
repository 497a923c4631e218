// The update artefact: safetensors of I32 fixed point, with the names, shapes and order of the base model's tensors.

import { verifyMagnitude, quantise, type FixedPoint } from '../bytes/fixed-point.ts';
import { decodeTensors, encodeTensors, viewTensors, type Tensor } from '../bytes/safetensors.ts';
import { MusterError } from '../errors.ts';

/** Parameters of a model in its parameter order. */
export type Parameters = readonly Tensor<Float32Array>[];

function refuse(reason: string): never {
  throw new MusterError('ERR_UPDATE_LAYOUT', { reason });
}

/**
 * Decodes a model artefact: safetensors of F32.
 * @throws ERR_TENSORS_MALFORMED, ERR_UPDATE_LAYOUT
 */
export function decodeParameters(bytes: Uint8Array): Parameters {
  return decodeTensors(bytes).map((tensor) =>
    tensor.data instanceof Float32Array ? (tensor as Tensor<Float32Array>) : refuse(`${tensor.name} is not F32`),
  );
}

/** All values of some tensors, end to end. */
export function concatenate(tensors: readonly Tensor<Float32Array>[], into: Float32Array): Float32Array {
  let at = 0;
  for (const { data } of tensors) {
    into.set(data, at);
    at += data.length;
  }
  return into;
}

/** How many values some tensors hold. */
export function countValues(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { data }) => sum + data.length, 0);
}

/**
 * Encodes the change an agent's training made, local − base.
 * @param local the trained parameters, in the order of base
 * @throws ERR_UPDATE_LAYOUT, ERR_UPDATE_RANGE
 */
export function encodeUpdate(local: Parameters, base: Parameters, format: FixedPoint): Uint8Array {
  verifyLayout(local, base);
  return encodeTensors(
    base.map(({ name, shape, data }, i) => ({
      name,
      shape,
      data: quantise(name, (local[i] as Tensor<Float32Array>).data, data, format),
    })),
  );
}

function verifyLayout(tensors: readonly Tensor[], base: Parameters): void {
  if (tensors.length !== base.length) refuse(`${tensors.length} tensors, the model has ${base.length}`);
  tensors.forEach(({ name, shape }, i) => {
    const expected = base[i] as Tensor;
    if (name !== expected.name) refuse(`tensor ${i} is ${name.slice(0, 80)}, the model's is ${expected.name}`);
    if (shape.join() !== expected.shape.join())
      refuse(`${name} has shape [${shape.join()}], the model's is [${expected.shape.join()}]`);
  });
}

/**
 * Decodes an update whose values whoever takes them will check, as {@link Aggregator.add} does.
 * @returns the change of all parameters, end to end; a view of the bytes where these are aligned
 * @throws ERR_TENSORS_MALFORMED, ERR_UPDATE_LAYOUT
 */
export function viewUpdate(bytes: Uint8Array, base: Parameters): Int32Array {
  const tensors = viewTensors(bytes).map((tensor) =>
    tensor.data instanceof Int32Array ? (tensor as Tensor<Int32Array>) : refuse(`${tensor.name} is not I32`),
  );
  verifyLayout(tensors, base);
  const [first] = tensors;
  // they lie end to end, so all of them are one view too
  return first === undefined
    ? new Int32Array(0)
    : new Int32Array(first.data.buffer, first.data.byteOffset, countValues(base));
}

/**
 * Decodes an update and checks it against the base model.
 * @returns as {@link viewUpdate}
 * @throws ERR_TENSORS_MALFORMED, ERR_UPDATE_LAYOUT, ERR_UPDATE_RANGE
 */
export function decodeUpdate(bytes: Uint8Array, base: Parameters, format: FixedPoint): Int32Array {
  const change = viewUpdate(bytes, base);
  let at = 0;
  for (const { name, data } of base) verifyMagnitude(name, change.subarray(at, (at += data.length)), format);
  return change;
}

/** Encodes a model: the values end to end, cut as the base model's tensors are. */
export function encodeModel(values: Float32Array, base: Parameters): Uint8Array {
  let at = 0;
  return encodeTensors(
    base.map(({ name, shape, data }) => ({ name, shape, data: values.subarray(at, (at += data.length)) })),
  );
}
