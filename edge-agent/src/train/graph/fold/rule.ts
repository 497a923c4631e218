// What a folding rule is: from a node whose inputs are all known to the content of its outputs.
import type { Node, Shape, Tensor } from '../graph.ts';
import type { Content } from './content.ts';

export interface FoldInputs {
  /** Content of the input at an index; an empty scalar where it is not given. */
  readonly input: (index: number) => Content;
  readonly inputs: readonly Content[];
  readonly constant: (index: number) => Tensor | undefined;
}

/** @param shapes of the outputs, as the type rules tell them @returns nothing where the node cannot be folded */
export type FoldRule = (node: Node, inputs: FoldInputs, shapes: readonly Shape[]) => readonly Content[] | undefined;
