// What a model may ask for, in one place. A file within these limits is read, specialised and refused or taken quickly and in
// memory that its own size bounds; none of them comes near a model that an edge device could train.

export const LIMITS = {
  /** Bytes of a model file: what protobuf allows is 2 GiB. */
  fileBytes: 2 ** 30,
  /** Fields and packed integers of the file, before anything is decoded: each becomes an object or a number in memory. */
  wireElements: 2_000_000,
  /** Messages within messages; a plain model needs 6. */
  wireDepth: 12,
  nodes: 50_000,
  initializers: 20_000,
  /** Inputs or outputs of one node. */
  nodeValues: 4096,
  /** Axes of a value. */
  rank: 16,
  /** Elements of a value: 1 GiB as float32. */
  elements: 2 ** 28,
  /** Elements of all values together. */
  totalElements: 2 ** 32,
  /** Elements of a constant that is worked out before the graph runs. */
  foldedElements: 2 ** 16,
  /** Nodes after operators are written out in simpler ones, as an LSTM is for each of its steps. */
  expandedNodes: 200_000,
} as const;
