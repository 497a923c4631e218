// Cases of gradient checks: attention of operator set 23, which is written out in simpler operators.
import { float, int, type Attribute } from '../../../edge-agent/src/train/graph/index.ts';
import { BATCH, onMatrices, type Case, type Net } from './net.ts';

const HEADS = { q_num_heads: int(2), kv_num_heads: int(2) };

function attention(net: Net, x: string, attributes: Record<string, Attribute>, ...rest: string[]): string {
  const project = (): string => net.op('MatMul', [x, net.weight(4, 4)]);
  return net.op('Attention', [project(), project(), project(), ...rest], attributes);
}

export const ATTENTION_CASES: readonly Case[] = [
  onMatrices('Attention with heads side by side', 12, (net, x) => attention(net, x, HEADS)),
  onMatrices('Attention that looks back only, with a scale and a cap', 12, (net, x) =>
    attention(net, x, { ...HEADS, is_causal: int(1), scale: float(0.7), softcap: float(2) }),
  ),
  onMatrices('Attention with a mask of truths', 12, (net, x) => {
    const mask = net.op('Cast', [net.whole([1, 0, 1, 1, 1, 0, 0, 1, 1], 3, 3)], { to: int(9) });
    return attention(net, x, HEADS, mask);
  }),
  onMatrices('Attention with a trained bias', 12, (net, x) => attention(net, x, HEADS, net.weight(2, 3, 3))),
  onMatrices('Attention whose keys and values are shared by heads of queries', 12, (net, x) => {
    const heads = (width: number, count: number): string => {
      const apart = net.op('Reshape', [net.op('MatMul', [x, net.weight(4, width)]), net.shaped(BATCH, 3, count, 2)]);
      return net.op('Transpose', [apart], { perm: { kind: 'ints', value: [0, 2, 1, 3] } });
    };
    return net.op('Attention', [heads(4, 2), heads(2, 1), heads(2, 1)]);
  }),
];
