// Seeded initial weights, by + - * / and sqrt alone, so that every machine makes the same bytes.
import { sizeOf, type Tensor } from '../train/graph/index.ts';
import { seededRandom } from '../train/random.ts';

/**
 * He uniform initialisation (He et al. 2015): uniform in ±sqrt(6 / fanIn).
 * @param labels key of the seeded generator: seed, model, tensor
 */
export function heUniform(shape: readonly number[], fanIn: number, ...labels: (string | number)[]): Tensor {
  const random = seededRandom(...labels);
  const bound = Math.sqrt(6 / fanIn);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = (random.uniform() * 2 - 1) * bound;
  return { dtype: 'float32', shape, data };
}

/** Glorot uniform initialisation (Glorot and Bengio 2010): uniform in ±sqrt(6 / (fanIn + fanOut)), for the last layer. */
export function glorotUniform(
  shape: readonly number[],
  fanIn: number,
  fanOut: number,
  ...labels: (string | number)[]
): Tensor {
  return heUniform(shape, fanIn + fanOut, ...labels);
}

export function zeros(shape: readonly number[]): Tensor {
  return { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) };
}
