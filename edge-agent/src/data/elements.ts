// Numbers on their way into examples: normalised, checked for what their type can hold, stored.
import { malformed } from './malformed.ts';
import type { Normalise } from './description.ts';
import { elementsOf, type Dtype, type Features } from './source.ts';

/** Turns a number that a file holds into the one that the model takes. */
export type Normaliser = (value: number, element: number) => number;

/**
 * (x - mean) / std in double precision.
 * @param where the description's file
 * @throws MusterError ERR_DATA_MALFORMED when the constants fit neither the channels nor the elements
 */
export function normaliserOf(normalise: Normalise | undefined, shape: readonly number[], where: string): Normaliser {
  if (normalise === undefined) return (value) => value;
  const elements = elementsOf({ shape });
  const spread = (constants: number | readonly number[], field: string): Float64Array => {
    const list = typeof constants === 'number' ? [constants] : constants;
    const [channels = 1] = shape;
    if (![1, channels, elements].includes(list.length)) {
      throw malformed(where, `normalise.${field} has ${list.length} numbers, examples have shape [${shape.join()}]`);
    }
    const run = elements / list.length;
    return Float64Array.from({ length: elements }, (_, element) => list[Math.floor(element / run)] ?? 0);
  };
  const mean = spread(normalise.mean, 'mean');
  const std = spread(normalise.std, 'std');
  return (value, element) => (value - (mean[element] ?? 0)) / (std[element] ?? 1);
}

const INT32 = 2 ** 31;

/** Why a number cannot be an element of a type; undefined where it can. */
export function misfit(value: number, dtype: Dtype): string | undefined {
  if (!Number.isFinite(Math.fround(value))) return 'is not a finite number of float32';
  if (dtype === 'float32') return undefined;
  if (!Number.isSafeInteger(value)) return 'is not a whole number';
  if (dtype === 'int32' && (value < -INT32 || value >= INT32)) return 'does not fit in int32';
  return undefined;
}

/** Stores a number that {@link misfit} has nothing against. */
export function store(features: Features, place: number, value: number): void {
  if (features instanceof BigInt64Array) features[place] = BigInt(value);
  else features[place] = value;
}

/** Why a number cannot be a target; undefined where it can. @param classes 2 for binary targets, undefined for values */
export function mistarget(value: number, classes: number | undefined): string | undefined {
  if (classes === undefined) return misfit(value, 'float32');
  return Number.isInteger(value) && value >= 0 && value < classes ? undefined : `is not one of 0 … ${classes - 1}`;
}
