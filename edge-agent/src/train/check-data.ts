// Data is checked against the model before a session sees it.
import { MusterError } from '@muster/protocol';
import type { DataSet } from '../data/data-set.ts';
import { sizeOf } from './graph/index.ts';

/**
 * @param shape of one example, as the model takes it
 * @throws MusterError ERR_DATA_MALFORMED: no examples, another shape, labels the model has no class for
 */
export function checkData(shape: readonly number[], classes: number, data: DataSet): void {
  const refuse = (reason: string): MusterError => new MusterError('ERR_DATA_MALFORMED', { reason });
  if (data.examples < 1) throw refuse('there are no examples');
  if (data.shape.join() !== shape.join()) {
    throw refuse(`examples have shape [${data.shape.join()}], the model takes [${shape.join()}]`);
  }
  if (data.features.length !== data.examples * sizeOf(shape) || data.labels.length !== data.examples) {
    throw refuse(`features and labels are not of ${data.examples} examples`);
  }
  const stray = data.labels.find((label) => label < 0 || label >= classes);
  if (stray !== undefined) throw refuse(`label ${stray} is not one of the model's ${classes} classes`);
}
