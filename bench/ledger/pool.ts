// Closed-loop load: so many clients at once, each starting its next call when the last one ended.

export interface LoadResult {
  readonly done: number;
  readonly failed: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Runs all calls with `clients` at once. Failures are counted, and the first is told by `onFailure`. */
export async function runLoad(
  calls: readonly (() => Promise<unknown>)[],
  clients: number,
  onFailure: (error: unknown) => void,
): Promise<LoadResult> {
  const latencies: number[] = [];
  let failed = 0;
  let next = 0;
  const began = performance.now();
  const client = async (): Promise<void> => {
    for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
      const sent = performance.now();
      try {
        await call();
        latencies.push(performance.now() - sent);
      } catch (error) {
        if (failed++ === 0) onFailure(error);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - began) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    done: latencies.length,
    failed,
    seconds,
    perSecond: latencies.length / seconds,
    p50Ms: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
  };
}
