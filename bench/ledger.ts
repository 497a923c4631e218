// The bench `ledger`: signed updates recorded through the gateways, beside one plain put a transaction on the same network.
// First the maximum of each in turns, then arrivals that do not wait for answers, at shares of it.
import { join } from 'node:path';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { enrolAgents } from './ledger/agents.ts';
import { createSystems, type Measured, type System } from './ledger/systems.ts';
import { deployPlainPut } from './ledger/plain-puts.ts';
import { median, rounded } from './statistics.ts';
import { withNetwork } from './with-network.ts';

const TURNS = 3;
const AGENTS_PER_ORGANISATION = 128;
const SHARES = [0.5, 0.8, 0.95];
const SECONDS_AT_SHARE = 15;
/** Processes warm up before anything is counted: their first thousand transactions cost up to twice as much. */
const WARM_UP_SHARE = 0.5;

interface Reading extends Measured {
  readonly what: string;
  /** `maximum`, or the share of it that arrives */
  readonly load: string;
  readonly offeredPerSecond?: number;
}

function row({ what, load, offeredPerSecond, result, falseFailures, processorMs }: Reading): Row {
  const total = Object.values(processorMs).reduce((sum, ms) => sum + ms, 0);
  return {
    what,
    load,
    offered: offeredPerSecond === undefined ? '' : rounded(offeredPerSecond, 0),
    'per second': rounded(result.perSecond, 0),
    recorded: result.recorded,
    failed: result.failed.length,
    false: falseFailures,
    transactions: result.transactions,
    'p50 ms': rounded(result.p50Ms, 0),
    'p95 ms': rounded(result.p95Ms, 0),
    'p99 ms': rounded(result.p99Ms, 0),
    'CPU ms each': rounded(total, 2),
  };
}

/** Processor time of one thing recorded, by kind of process. */
function processorRow({ what, load, processorMs }: Reading): Row {
  const cells = Object.entries(processorMs).filter(([, ms]) => ms >= 0.005);
  return {
    what: `CPU ms each: ${what}`,
    load,
    ...Object.fromEntries(cells.map(([kind, ms]) => [kind, rounded(ms, 2)])),
  };
}

const maximumOf = (readings: readonly Reading[], { what }: System): number =>
  median(readings.filter((reading) => reading.what === what && reading.load === 'maximum').map(perSecond));
const perSecond = ({ result }: Reading): number => result.perSecond;

function told(
  readings: readonly Reading[],
  [puts, forwarded, singles]: readonly [System, System, System],
): BenchResult {
  const [put, many, one] = [puts, forwarded, singles].map((system) => maximumOf(readings, system)) as [
    number,
    number,
    number,
  ];
  const processor = (system: System): number =>
    median(readings.filter(({ what, load }) => what === system.what && load === 'maximum').map(totalOf));
  return {
    title: 'Signed updates recorded through 4 gateways, beside one plain put a transaction on the same network',
    rows: [...readings.map(row), ...readings.filter(({ load }) => load === 'maximum').map(processorRow)],
    figures: {
      plainPutsPerSecond: put,
      forwardedUpdatesPerSecond: many,
      singleUpdatesPerSecond: one,
      singleRatio: one / put,
      processorRatio: processor(puts) / processor(forwarded),
      falseFailures: readings.reduce((sum, { falseFailures }) => sum + falseFailures, 0),
      readings,
    },
    ratio: many / put,
  };
}

const totalOf = ({ processorMs }: Reading): number => Object.values(processorMs).reduce((sum, ms) => sum + ms, 0);

export async function run({ progress, signal, rounds = TURNS }: BenchOptions): Promise<BenchResult> {
  return withNetwork('ledger', { progress }, async (network, folder) => {
    await progress.step('plain chaincode', () => deployPlainPut(network));
    const agents = await progress.step(`${4 * AGENTS_PER_ORGANISATION} agents enrol`, (note) =>
      enrolAgents(network, AGENTS_PER_ORGANISATION, join(folder, 'load'), note),
    );
    const systems = createSystems(network, agents);
    const readings: Reading[] = [];
    const measure = async (system: System, load: string, step: () => Promise<Measured>): Promise<void> => {
      signal.throwIfAborted();
      const measured = await progress.step(`${system.what}, ${load}`, step);
      const [first] = measured.result.failed;
      if (first !== undefined) progress.tell(`  failed: ${first.reason ?? ''}`, 'failure');
      readings.push({ what: system.what, load, ...measured });
    };
    for (const system of systems) await progress.step(`warm up: ${system.what}`, () => system.maximum(WARM_UP_SHARE));
    // in turns, so that all see the same machine
    for (let turn = 1; turn <= rounds; turn++) {
      for (const system of systems) await measure(system, 'maximum', () => system.maximum(1));
    }
    for (const system of [systems[0], systems[2]]) {
      for (const share of SHARES) {
        const offeredPerSecond = share * maximumOf(readings, system);
        await measure(system, `${share * 100} %`, async () => ({
          ...(await system.open(offeredPerSecond, SECONDS_AT_SHARE)),
          offeredPerSecond,
        }));
      }
    }
    return told(readings, systems);
  });
}
