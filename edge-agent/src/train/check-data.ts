// Data is checked against the model before a session sees it. Its values were checked when its source was opened.
import { MusterError } from '@muster/protocol';
import { widthOf, type ExampleLayout } from '../data/source.ts';
import type { TargetNeed } from './loss/index.ts';

/**
 * @param input of the model, the batch first
 * @param need what the loss compares the model's output with
 * @throws MusterError ERR_DATA_MALFORMED: no examples, another shape or type, targets the model or the loss has no use for
 */
export function checkData(
  input: { readonly shape: readonly number[]; readonly dtype: string },
  need: TargetNeed,
  data: ExampleLayout,
): void {
  const shape = input.shape.slice(1);
  const refuse = (reason: string): MusterError => new MusterError('ERR_DATA_MALFORMED', { reason });
  if (data.examples < 1) throw refuse('there are no examples');
  if (data.shape.join() !== shape.join()) {
    throw refuse(`examples have shape [${data.shape.join()}], the model takes [${shape.join()}]`);
  }
  if (data.dtype !== input.dtype) throw refuse(`examples are ${data.dtype}, the model takes ${input.dtype}`);
  const { target } = data;
  // what is 0 or 1 may also be regressed
  if (target.kind !== need.kind && !(need.kind === 'value' && target.kind === 'binary')) {
    throw refuse(`targets are of kind ${target.kind}, the recipe's loss takes ${need.kind}`);
  }
  if (widthOf(target) !== need.width) {
    throw refuse(`targets have ${widthOf(target)} values an example, the model answers with ${need.width}`);
  }
  if (target.kind === 'class' && need.kind === 'class' && target.classes > need.classes) {
    throw refuse(`label ${target.classes - 1} is not one of the model's ${need.classes} classes`);
  }
}
