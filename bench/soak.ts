// The bench `soak`: a network under steady load for as long as asked; memory, file handles and latency each minute, and how
// fast they grow. The first minutes warm up and are left out of the slopes; after them and at the end, processes in Node are
// asked what they hold once they have collected what they can.

import { setTimeout as delay } from 'node:timers/promises';
import { sparkline } from '../network/src/start/show.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import type { Receipts } from './chaos/receipts.ts';
import { putToWork } from './chaos/working-network.ts';
import { INSPECTABLE, sampleLive, type LiveSample } from './soak/live-memory.ts';
import { Restarts } from './soak/restarts.ts';
import { sampleProcesses, slope, type Sample } from './soak/samples.ts';
import { quantile, rounded } from './statistics.ts';
import { withNetwork } from './with-network.ts';

const MINUTES = 60;
const SEED = 1;
const MINUTE_MS = 60_000;
/** Share of the time that counts as warming up: pools fill, code is compiled. */
const WARM_UP = 0.2;

/** Latency of what was acknowledged within one minute. */
interface Latency {
  readonly minute: number;
  readonly acknowledged: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

function latencyOf({ told }: Receipts, from: number, minute: number): Latency {
  const ms = told.slice(from).map(({ sentAt, toldAt }) => toldAt - sentAt);
  return { minute, acknowledged: ms.length, p50Ms: quantile(ms, 0.5), p95Ms: quantile(ms, 0.95) };
}

function liveColumns(live: readonly LiveSample[]): Row {
  const last = live.at(-1);
  if (last === undefined) return {};
  return {
    'live MiB': rounded(last.liveMiB, 1),
    'live an hour': rounded(60 * slope(live.map(({ minute, liveMiB }) => [minute, liveMiB])), 1),
  };
}

function rowOf(kind: string, own: readonly Sample[], live: readonly LiveSample[]): Row {
  const warm = own.filter(({ minute }) => minute >= WARM_UP * own.length);
  const last = own.at(-1);
  return {
    process: kind,
    'RSS MiB': rounded(last?.rssMiB ?? NaN, 1),
    'MiB an hour': rounded(60 * slope(warm.map(({ minute, rssMiB }) => [minute, rssMiB])), 1),
    'RSS over time': sparkline(own.map(({ rssMiB }) => rssMiB)),
    ...liveColumns(live),
    handles: rounded(last?.handles ?? NaN, 1),
    'handles an hour': rounded(60 * slope(warm.map(({ minute, handles }) => [minute, handles])), 1),
  };
}

function latencyRow(latencies: readonly Latency[]): Row {
  const warm = latencies.filter(({ minute }) => minute >= WARM_UP * latencies.length);
  const last = latencies.at(-1);
  return {
    process: 'clients: p50, p95 of acknowledgements',
    'p50 ms': rounded(last?.p50Ms ?? NaN, 0),
    'p95 ms': rounded(last?.p95Ms ?? NaN, 0),
    'p50 ms an hour': rounded(60 * slope(warm.map(({ minute, p50Ms }) => [minute, p50Ms])), 0),
    'p50 over time': sparkline(latencies.map(({ p50Ms }) => p50Ms)),
  };
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { progress, signal, minutes = MINUTES, seed = SEED } = options;
  // of all processes, which inherit it
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${INSPECTABLE}`;
  return withNetwork('soak', { progress, agentsPerOrganisation: 1 }, async (network, folder) => {
    const { receipts, writers } = await putToWork(network, options, folder, seed);
    const failed = writers.start().failed;
    const samples: Sample[] = [];
    const live: LiveSample[] = [];
    const latencies: Latency[] = [];
    const restarts = new Restarts();
    const soak = async (note: (text: string) => void): Promise<void> => {
      for (let minute = 0; minute < minutes && !signal.aborted; minute++) {
        const from = receipts.told.length;
        await delay(MINUTE_MS, undefined, { signal }).catch(() => undefined);
        const nodes = await network.supervisor.status();
        samples.push(...(await sampleProcesses(nodes, minute)));
        for (const { node, said } of await restarts.look(nodes, minute)) note(`${node} ended:\n${said.join('\n')}`);
        if (minute === Math.ceil(WARM_UP * minutes) || minute === minutes - 1)
          live.push(...(await sampleLive(nodes, minute)));
        const latency = latencyOf(receipts, from, minute);
        latencies.push(latency);
        note(`minute ${minute + 1} of ${minutes}: ${latency.acknowledged} acknowledged, p50 ${latency.p50Ms} ms`);
      }
    };
    try {
      // writers end only when told to, or by a failure of theirs
      await progress.step('soak', (note) => Promise.race([soak(note), failed.then(() => undefined)]));
    } finally {
      await writers.stop();
    }
    await restarts.look(await network.supervisor.status(), latencies.length);
    const kinds = [...Map.groupBy(samples, ({ kind }) => kind)];
    const liveOf = (kind: string): LiveSample[] => live.filter((each) => each.kind === kind);
    return {
      title: `A network of 4 organisations under steady load for ${latencies.length} minutes: ${receipts.told.length} statements acknowledged, ${restarts.found.length} restarts`,
      rows: [...kinds.map(([kind, own]) => rowOf(kind, own, liveOf(kind))), latencyRow(latencies)],
      figures: { minutes: latencies.length, restarts: restarts.found, samples, live, latencies },
    };
  });
}
