// Examples in memory.
import { MusterError } from '@muster/protocol';
import { valueLeaves } from './leaves.ts';
import {
  checkIndices,
  copyRow,
  elementsOf,
  emptyExamples,
  range,
  widthOf,
  type ExampleLayout,
  type Examples,
  type ExampleSource,
} from './source.ts';

/** A data set in memory. */
export interface DataSet extends ExampleLayout, Examples {}

function refuse(reason: string): MusterError {
  return new MusterError('ERR_DATA_MALFORMED', { reason });
}

function check({ features, targets, target, examples, ...layout }: DataSet): void {
  if (examples < 1) throw refuse('there are no examples');
  if (features.length !== examples * elementsOf(layout) || targets.length !== examples * widthOf(target)) {
    throw refuse(`features and targets are not of ${examples} examples`);
  }
  if (target.kind === 'value') return;
  const limit = target.kind === 'class' ? target.classes : 2;
  const place = (targets as Float32Array).findIndex(
    (value) => !(value >= 0 && value < limit && Number.isInteger(value)),
  );
  if (place >= 0)
    throw refuse(
      `example ${Math.floor(place / widthOf(target))}: target ${targets[place] ?? NaN} is not of 0 … ${limit - 1}`,
    );
}

/**
 * A source over arrays, which must not change afterwards.
 * @throws MusterError ERR_DATA_MALFORMED: no examples, other counts than promised, targets out of range
 */
export function memorySource(data: DataSet): ExampleSource {
  check(data);
  const { features, targets, shape, dtype, target, examples } = data;
  const layout: ExampleLayout = { shape, dtype, target, examples };
  const read = (indices: Int32Array): Examples => {
    checkIndices(indices, examples);
    const picked = emptyExamples(layout, indices.length);
    indices.forEach((index, place) => {
      copyRow(features, index, picked.features, place, elementsOf(layout));
      copyRow(targets, index, picked.targets, place, widthOf(target));
    });
    return picked;
  };
  return {
    ...layout,
    whole: { features, targets },
    read: (indices) => Promise.resolve(read(indices)),
    leaves: (from, to) => Promise.resolve(valueLeaves(layout, read(range(from, to)))),
    close: () => Promise.resolve(),
  };
}
