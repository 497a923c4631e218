// What a soak samples each minute, and how fast it grows.

import { readdir } from 'node:fs/promises';
import type { NodeStatus } from '@muster/network';
import { memoryOf } from '../footprint/memory.ts';

/** Means over the processes of one kind, at one moment. */
export interface Sample {
  readonly kind: string;
  readonly minute: number;
  readonly rssMiB: number;
  readonly handles: number;
}

/** Samples every process of a network by kind. Processes that are gone count nothing. */
export async function sampleProcesses(nodes: readonly NodeStatus[], minute: number): Promise<Sample[]> {
  const found = await Promise.all(
    nodes.map(async ({ kind, pid }) => {
      if (pid === undefined) return [];
      try {
        const [{ rss }, handles] = await Promise.all([memoryOf(pid), readdir(`/proc/${pid}/fd`)]);
        return [{ kind, rss, handles: handles.length }];
      } catch {
        return [];
      }
    }),
  );
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [...Map.groupBy(found.flat(), ({ kind }) => kind)].map(([kind, own]) => ({
    kind,
    minute,
    rssMiB: mean(own.map(({ rss }) => rss)),
    handles: mean(own.map(({ handles }) => handles)),
  }));
}

/** Slope of the least-squares line through points; NaN where fewer than two differ in x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const n = points.length;
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / n;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  return n < 2 || spread === 0 ? NaN : points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0) / spread;
}
