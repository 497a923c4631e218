// The carry artefact: what an aggregation rule hands from round to round beside the model, as safetensors of F32.

import { canonicalise } from '../bytes/canonical.ts';
import { encodeTensors, type Tensor } from '../bytes/safetensors.ts';
import { MusterError } from '../errors.ts';
import { concatenate, countValues, decodeParameters, type Parameters } from './update-file.ts';

/** A carried tensor is called `<what is carried>/<tensor of the model>`. */
const nameOf = (carried: string, tensor: string): string => `${carried}/${tensor}`;

/**
 * Encodes what a rule carries: one after the other, each cut as the trained tensors are.
 * @param names of what is carried, as {@link carriedBy} gives them
 * @param values one array for each name: a value for every trained parameter, end to end in the model's order
 * @param trained the tensors of the model that its state does not name
 */
export function encodeCarry(
  names: readonly string[],
  values: readonly Float32Array[],
  trained: Parameters,
): Uint8Array {
  const cut = (name: string, array: Float32Array): Tensor[] => {
    let at = 0;
    return trained.map(({ name: tensor, shape, data }) => ({
      name: nameOf(name, tensor),
      shape,
      data: array.subarray(at, (at += data.length)),
    }));
  };
  return encodeTensors(names.flatMap((name, i) => cut(name, values[i] as Float32Array)));
}

/**
 * Decodes a carry.
 * @returns as {@link encodeCarry} takes the values
 * @throws ERR_TENSORS_MALFORMED, ERR_UPDATE_LAYOUT where it is not cut as the names and the model say
 */
export function decodeCarry(bytes: Uint8Array, names: readonly string[], trained: Parameters): Float32Array[] {
  const tensors = decodeParameters(bytes);
  const expected = names.flatMap((name) =>
    trained.map(({ name: tensor, shape }) => [nameOf(name, tensor), [...shape]]),
  );
  const actual = tensors.map(({ name, shape }) => [name, [...shape]]);
  if (canonicalise(actual) !== canonicalise(expected)) {
    throw new MusterError('ERR_UPDATE_LAYOUT', {
      reason: `the carry is not ${names.join(', ')} of the model's tensors`,
    });
  }
  return names.map((_, i) => {
    const part = tensors.slice(i * trained.length, (i + 1) * trained.length);
    return concatenate(part, new Float32Array(countValues(part)));
  });
}
