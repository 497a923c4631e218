// Data at the edge: reading it, and dividing it over agents.
export { asExampleLayout, decodeExamples, encodeExamples } from './examples-file.ts';
export { describeData, type DataSummary } from './describe.ts';
export { descriptionSchema, type DataDescription } from './description.ts';
export { dataSetOf, labelledImages, type LabelledImages } from './labelled-images.ts';
export { decodeIdx, encodeIdx, type Idx } from './idx.ts';
export { memorySource, type DataSet } from './memory-source.ts';
export { mnistFolder, readMnist } from './mnist.ts';
export { inMemory, openSource, originOf, shareSource, type DataName, type DataOrigin } from './origin.ts';
export { dataSetRoot } from './root.ts';
export { parsePartition, partition, type Partition, type PartitionOptions } from './partition.ts';
export type { Dtype, ExampleLayout, Examples, ExampleSource, Target } from './source.ts';
export { writeSubset, type DataFiles } from './write-subset.ts';
