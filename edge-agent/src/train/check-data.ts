// Data is checked against the model before a session sees it. Its values were checked when its source was opened.
import { MusterError } from '@muster/protocol';
import type { ExampleLayout } from '../data/source.ts';

/**
 * @param shape of one example, as the model takes it
 * @throws MusterError ERR_DATA_MALFORMED: no examples, another shape or type, targets the model has no class for
 */
export function checkData(shape: readonly number[], classes: number, data: ExampleLayout): void {
  const refuse = (reason: string): MusterError => new MusterError('ERR_DATA_MALFORMED', { reason });
  if (data.examples < 1) throw refuse('there are no examples');
  if (data.shape.join() !== shape.join()) {
    throw refuse(`examples have shape [${data.shape.join()}], the model takes [${shape.join()}]`);
  }
  if (data.dtype !== 'float32') throw refuse(`examples are ${data.dtype}, the model takes float32`);
  if (data.target.kind !== 'class') throw refuse(`targets are ${data.target.kind}, the loss takes classes`);
  if (data.target.classes > classes) {
    throw refuse(`label ${data.target.classes - 1} is not one of the model's ${classes} classes`);
  }
}
