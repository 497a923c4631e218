// What a soak samples each minute, and how fast it grows.

import { readdir } from 'node:fs/promises';
import type { NodeStatus } from '@muster/network';
import { memoryOf } from '../footprint/memory.ts';
import { mean } from '../statistics.ts';

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
  return [...Map.groupBy(found.flat(), ({ kind }) => kind)].map(([kind, own]) => ({
    kind,
    minute,
    rssMiB: mean(own.map(({ rss }) => rss)),
    handles: mean(own.map(({ handles }) => handles)),
  }));
}

/** Slope of the least-squares line through points; NaN where fewer than two differ in x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const [x, y] = [mean(points.map(([px]) => px)), mean(points.map(([, py]) => py))];
  const spread = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  return points.length < 2 || spread === 0
    ? NaN
    : points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0) / spread;
}
