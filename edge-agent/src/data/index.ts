// Data at the edge: reading it, and dividing it over agents.
export { dataSetOf, labelledImages, subset, type DataSet, type LabelledImages } from './data-set.ts';
export { decodeIdx, encodeIdx, type Idx } from './idx.ts';
export { mnistFolder, readMnist } from './mnist.ts';
export { parsePartition, partition, type Partition, type PartitionOptions } from './partition.ts';
export { writeSubset, type DataFiles } from './write-subset.ts';
