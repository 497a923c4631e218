// Data at the edge: reading it, and dividing it over agents.
export { dataSetOf, labelledImages, type LabelledImages } from './labelled-images.ts';
export { decodeIdx, encodeIdx, type Idx } from './idx.ts';
export { memorySource, type DataSet } from './memory-source.ts';
export { mnistFolder, readMnist } from './mnist.ts';
export { checkOpens, inMemory, openSource, type DataOrigin } from './origin.ts';
export { parsePartition, partition, type Partition, type PartitionOptions } from './partition.ts';
export { dataSetRoot } from './root.ts';
export type { Dtype, ExampleLayout, Examples, ExampleSource, Target } from './source.ts';
export { writeSubset, type DataFiles } from './write-subset.ts';
