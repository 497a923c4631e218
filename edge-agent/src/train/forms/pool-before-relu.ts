// Relu and MaxPool exchanged: the maximum of values that are cut at 0 is the maximum cut at 0, to the bit, and so is the
// gradient. Cutting, and its mask on the way back, then cost a pass over the pooled values and not over all of them.
import { intOf, intsOf, stringOf } from '../graph/attributes.ts';
import type { GraphBuilder, Node } from '../graph/index.ts';

/** Whether every window has a value of the input in it, so that a pad never is its maximum. */
function isUnpadded(pool: Node): boolean {
  const pads = intsOf(pool, 'pads') ?? [];
  return (
    pads.every((pad) => pad === 0) &&
    intOf(pool, 'ceil_mode', 0) === 0 &&
    !stringOf(pool, 'auto_pad', 'NOTSET').startsWith('SAME')
  );
}

/**
 * Exchanges each Relu whose only reader is a MaxPool with it. The value between the two keeps its name and gets the pool's shape.
 * @param nodes forward, in order
 * @param output a value that must stay as it is
 */
export function poolBeforeRelu(nodes: readonly Node[], output: string, { shapes }: GraphBuilder): Node[] {
  const readers = (value: string): number => nodes.filter(({ inputs }) => inputs.includes(value)).length;
  const exchanged = new Map<Node, readonly Node[]>();
  for (const pool of nodes) {
    const [between = ''] = pool.inputs;
    const [pooled = ''] = pool.outputs;
    if (pool.operator !== 'MaxPool' || pool.outputs.length > 1 || !isUnpadded(pool)) continue;
    const relu = nodes.find(({ operator, outputs }) => operator === 'Relu' && outputs[0] === between);
    if (relu === undefined || between === output || readers(between) > 1) continue;
    exchanged.set(relu, []);
    exchanged.set(pool, [
      { ...pool, inputs: relu.inputs, outputs: [between] },
      { ...relu, inputs: [between], outputs: [pooled] },
    ]);
    shapes.set(between, shapes.get(pooled) ?? []);
  }
  return nodes.flatMap((node) => exchanged.get(node) ?? [node]);
}
