// The bench `ledger`: signed updates recorded through the gateways, beside one plain put a transaction on the same network.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { upNetwork } from '../network/src/index.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { deployPlainPut, runPlainPuts } from './ledger/plain-puts.ts';
import type { LoadResult } from './ledger/pool.ts';
import { enrolAgents, runSignedUpdates } from './ledger/signed-updates.ts';
import { median, rounded } from './statistics.ts';

const RUNS = 3;
const AGENTS_PER_ORGANISATION = 128;
const JOBS_PER_RUN = 8;
const PLAIN_PUTS = 1500;
const PLAIN_CLIENTS = 200;
/** Envelopes of one request and requests at once: agents on their own, and forwarded by the relays of their units. */
const SINGLE = { perRequest: 1, clients: 512 };
const FORWARDED = { perRequest: 64, clients: 32 };

function row(what: string, run: number, clients: number, result: LoadResult & { transactions?: number }): Row {
  return {
    what,
    run,
    clients,
    recorded: result.done,
    failed: result.failed,
    transactions: result.transactions ?? result.done,
    seconds: rounded(result.seconds, 2),
    'per second': rounded(result.perSecond, 0),
    'p50 ms': rounded(result.p50Ms, 0),
    'p95 ms': rounded(result.p95Ms, 0),
  };
}

type UpdateResult = LoadResult & { readonly transactions: number };

interface Results {
  readonly puts: readonly LoadResult[];
  readonly singles: readonly UpdateResult[];
  readonly forwarded: readonly UpdateResult[];
}

function told({ puts, singles, forwarded }: Results): BenchResult {
  const perSecond = (results: readonly LoadResult[]): number => median(results.map((result) => result.perSecond));
  const theirs = perSecond(puts);
  return {
    title: 'Signed updates recorded through 4 gateways, beside one plain put a transaction on the same network',
    rows: [
      ...puts.map((result, i) => row('plain put', i + 1, PLAIN_CLIENTS, result)),
      ...forwarded.map((result, i) => row('signed updates, 64 a request', i + 1, FORWARDED.clients, result)),
      ...singles.map((result, i) => row('signed updates, 1 a request', i + 1, SINGLE.clients, result)),
    ],
    figures: {
      plainPutsPerSecond: theirs,
      forwardedUpdatesPerSecond: perSecond(forwarded),
      singleUpdatesPerSecond: perSecond(singles),
      singleRatio: perSecond(singles) / theirs,
      puts,
      singles,
      forwarded,
    },
    ratio: perSecond(forwarded) / theirs,
  };
}

/** Alternates plain puts and signed updates, so that both see the same machine. */
export async function run({ progress, signal, rounds = RUNS }: BenchOptions): Promise<BenchResult> {
  const state = await mkdtemp(join(tmpdir(), 'muster-bench-ledger-'));
  const network = await upNetwork({ state, organisations: 4, basePort: 'free', owner: process.pid, progress });
  try {
    await progress.step('plain chaincode', () => deployPlainPut(network));
    const agents = await progress.step(`${4 * AGENTS_PER_ORGANISATION} agents enrol`, (note) =>
      enrolAgents(network, AGENTS_PER_ORGANISATION, join(state, 'load'), note),
    );
    const failed = (error: unknown): void => progress.tell(`  a call failed: ${String(error)}`, 'failure');
    const results = { puts: [] as LoadResult[], singles: [] as UpdateResult[], forwarded: [] as UpdateResult[] };
    for (let turn = 1; turn <= rounds; turn++) {
      signal.throwIfAborted();
      const put = (): Promise<LoadResult> =>
        runPlainPuts(network, { total: PLAIN_PUTS, clients: PLAIN_CLIENTS, prefix: `run-${turn}` }, failed);
      const update = (load: typeof SINGLE, name: string): Promise<UpdateResult> =>
        runSignedUpdates(network, agents, { ...load, jobs: JOBS_PER_RUN, name: `${name}-${turn}` }, failed);
      results.puts.push(await progress.step(`plain puts, run ${turn}`, put));
      results.forwarded.push(
        await progress.step(`forwarded updates, run ${turn}`, () => update(FORWARDED, 'forwarded')),
      );
      results.singles.push(await progress.step(`single updates, run ${turn}`, () => update(SINGLE, 'single')));
    }
    return told(results);
  } finally {
    await progress.step('down', () => network.down({ purge: true }));
    await rm(state, { recursive: true, force: true });
  }
}
