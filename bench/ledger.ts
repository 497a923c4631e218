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
const AGENTS_PER_ORGANISATION = 512;
const PLAIN_PUTS = 1500;
const PLAIN_CLIENTS = 200;
const UPDATE_CLIENTS = 1024;

function row(what: string, run: number, clients: number, result: LoadResult): Row {
  return {
    what,
    run,
    clients,
    recorded: result.done,
    failed: result.failed,
    seconds: rounded(result.seconds, 2),
    'per second': rounded(result.perSecond, 0),
    'p50 ms': rounded(result.p50Ms, 0),
    'p95 ms': rounded(result.p95Ms, 0),
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
    const [puts, updates]: [LoadResult[], LoadResult[]] = [[], []];
    for (let turn = 1; turn <= rounds; turn++) {
      signal.throwIfAborted();
      puts.push(
        await progress.step(`plain puts, run ${turn}`, () =>
          runPlainPuts(network, { total: PLAIN_PUTS, clients: PLAIN_CLIENTS, prefix: `run-${turn}` }, failed),
        ),
      );
      updates.push(
        await progress.step(`signed updates, run ${turn}`, () =>
          runSignedUpdates(network, agents, { clients: UPDATE_CLIENTS, name: `load-${turn}` }, failed),
        ),
      );
    }
    const perSecond = (results: readonly LoadResult[]): number => median(results.map((result) => result.perSecond));
    const [ours, theirs] = [perSecond(updates), perSecond(puts)];
    return {
      title: 'Signed updates recorded through 4 gateways, each its own request, beside one plain put a transaction',
      rows: [
        ...puts.map((result, i) => row('plain put', i + 1, PLAIN_CLIENTS, result)),
        ...updates.map((result, i) => row('signed update', i + 1, UPDATE_CLIENTS, result)),
      ],
      figures: { updatesPerSecond: ours, plainPutsPerSecond: theirs, puts, updates },
      ratio: ours / theirs,
    };
  } finally {
    await progress.step('down', () => network.down({ purge: true }));
    await rm(state, { recursive: true, force: true });
  }
}
