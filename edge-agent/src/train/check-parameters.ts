// Parameters from outside are checked against the model before a session sees them.
import { MusterError } from '@muster/protocol';
import { sizeOf, type Parameter } from './graph/index.ts';

/** Values by name; row-major, of the sizes the model's parameters have. */
export type Parameters = ReadonlyMap<string, Float32Array>;

/**
 * Checks that values are those of a model: all names, no others, right sizes.
 * @throws MusterError ERR_PARAMETERS_INVALID naming the first that is not
 */
export function checkParameters(layout: readonly Parameter[], values: Parameters): void {
  for (const { name, shape } of layout) {
    const given = values.get(name);
    if (given === undefined) throw new MusterError('ERR_PARAMETERS_INVALID', { parameter: name, reason: 'is missing' });
    if (given.length !== sizeOf(shape)) {
      const reason = `has ${given.length} values, shape [${shape.join()}] needs ${sizeOf(shape)}`;
      throw new MusterError('ERR_PARAMETERS_INVALID', { parameter: name, reason });
    }
  }
  const known = new Set(layout.map(({ name }) => name));
  const stranger = [...values.keys()].find((name) => !known.has(name));
  if (stranger === undefined) return;
  throw new MusterError('ERR_PARAMETERS_INVALID', { parameter: stranger, reason: 'is not a parameter of the model' });
}

/** @throws MusterError ERR_TRAINING_DIVERGED naming the first parameter with a value that is not finite */
export function checkFinite(values: Parameters, steps: number): void {
  for (const [parameter, data] of values) {
    if (!data.every((value) => Number.isFinite(value))) {
      throw new MusterError('ERR_TRAINING_DIVERGED', { parameter, steps });
    }
  }
}
