// A model's running statistics: parameters that training carries on without gradients.
import { decodeModel } from './decode.ts';
import type { Model, Node } from './graph.ts';

/** What a running statistic is of. */
export type StatisticKind = 'mean' | 'variance';

const KINDS: readonly (readonly [number, StatisticKind])[] = [
  [3, 'mean'],
  [4, 'variance'],
];

/** Running statistics among values, by name, in the order of the nodes that use them. */
export function statisticsOf(nodes: readonly Node[], values: ReadonlySet<string>): Map<string, StatisticKind> {
  const found = new Map<string, StatisticKind>();
  for (const { operator, inputs } of nodes) {
    if (operator !== 'BatchNormalization') continue;
    for (const [index, kind] of KINDS) {
      const name = inputs[index] ?? '';
      if (values.has(name)) found.set(name, kind);
    }
  }
  return found;
}

/**
 * Names of a model's running statistics, each list sorted.
 * @param model ONNX bytes
 * @throws MusterError ERR_MODEL_MALFORMED, ERR_OPERATOR_UNSUPPORTED
 */
export function runningStatistics(model: Uint8Array): { readonly means: string[]; readonly variances: string[] } {
  const { graph }: Model = decodeModel(model);
  const all = [...statisticsOf(graph.nodes, new Set(graph.initializers.keys()))];
  const of = (kind: StatisticKind): string[] =>
    all
      .filter((each) => each[1] === kind)
      .map(([name]) => name)
      .sort();
  return { means: of('mean'), variances: of('variance') };
}
