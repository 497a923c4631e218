// What is measured side by side: plain puts, updates forwarded by many, updates one by one; each closed and open loop, each
// checked against the ledger afterwards.

import type { Network } from '@muster/network';
import type { LoadAgent } from './agents.ts';
import { runClosed, runOpen, type Call, type LoadResult, type Told } from './load.ts';
import { connectPlainPuts } from './plain-puts.ts';
import { millisecondsEach, processorTime } from './processor-time.ts';
import { prepareUpdates } from './signed-updates.ts';

export interface Measured {
  readonly result: LoadResult;
  /** told to have failed, and yet on the ledger */
  readonly falseFailures: number;
  /** told to be recorded, and not on the ledger */
  readonly falseReceipts: number;
  /** milliseconds of processor time for each one recorded, by kind of process */
  readonly processorMs: Readonly<Record<string, number>>;
}

export interface System {
  readonly what: string;
  /** Closed loop with clients enough to keep every core busy; `share` of the usual number of calls. */
  readonly maximum: (share: number) => Promise<Measured>;
  /** Poisson arrivals. */
  readonly open: (perSecond: number, seconds: number) => Promise<Measured>;
}

const PUTS = { total: 1500, clients: 200 };
/** Envelopes of one request and requests at once: forwarded by the relays of units, and agents on their own. */
const FORWARDED = { perRequest: 64, connections: 96, updates: 24_576 };
const SINGLE = { perRequest: 1, connections: 512, updates: 6144 };
/** Arrivals do not wait for a connection to become free, so there are more than ever wait. */
const OPEN_CONNECTIONS = 1536;

/** One load, prepared: its calls, and how the ledger is asked afterwards. */
interface Prepared {
  readonly calls: readonly Call[];
  /** of these, which are on the ledger */
  holds(ids: readonly string[]): Promise<Set<string>>;
  readonly close: () => void | Promise<void>;
}

async function measure(
  network: Network,
  prepared: Prepared,
  run: (calls: readonly Call[]) => Promise<LoadResult>,
  checked: (told: Told) => boolean,
): Promise<Measured> {
  const all: Told[] = [];
  const watched = prepared.calls.map((call): Call => async () => {
    const told = await call();
    all.push(...told);
    return told;
  });
  try {
    const before = await processorTime(network);
    const result = await run(watched);
    const after = await processorTime(network);
    const held = await prepared.holds(all.filter(checked).map(({ id }) => id));
    return {
      result,
      falseFailures: result.failed.filter(({ id }) => held.has(id)).length,
      falseReceipts: all.filter((told) => checked(told) && told.recorded && !held.has(told.id)).length,
      processorMs: millisecondsEach(before, after, result.recorded),
    };
  } finally {
    await prepared.close();
  }
}

function plainPuts(network: Network): System {
  let runs = 0;
  const prepare = async (total: number): Promise<Prepared> => {
    const puts = await connectPlainPuts(network);
    const holds = async (ids: readonly string[]): Promise<Set<string>> => {
      const held = new Set<string>();
      for (const id of ids) if (await puts.isRecorded(id)) held.add(id);
      return held;
    };
    return { calls: puts.calls(total, `run-${runs++}`), holds, close: puts.close };
  };
  // a put at a time is asked for, so only those that failed are
  const failed = ({ recorded }: Told): boolean => !recorded;
  return {
    what: 'plain put',
    maximum: async (share) =>
      measure(network, await prepare(PUTS.total * share), (calls) => runClosed(calls, PUTS.clients), failed),
    open: async (perSecond, seconds) =>
      measure(network, await prepare(Math.ceil(perSecond * seconds)), (calls) => runOpen(calls, perSecond), failed),
  };
}

function updates(network: Network, agents: readonly LoadAgent[], load: typeof FORWARDED): System {
  const { perRequest, connections } = load;
  const what = `signed updates, ${perRequest} a request`;
  let runs = 0;
  const prepare = async (count: number, most: number): Promise<Prepared> => {
    const name = `load-${perRequest}-${runs++}`;
    const prepared = await prepareUpdates(network, agents, { perRequest, connections: most, updates: count, name });
    return { calls: prepared.calls, holds: prepared.recorded, close: prepared.close };
  };
  const every = (): boolean => true;
  return {
    what,
    maximum: async (share) =>
      measure(
        network,
        await prepare(load.updates * share, connections),
        (calls) => runClosed(calls, connections),
        every,
      ),
    open: async (perSecond, seconds) =>
      measure(
        network,
        await prepare(Math.ceil(perSecond * seconds), OPEN_CONNECTIONS),
        (calls) => runOpen(calls, perSecond / perRequest),
        every,
      ),
  };
}

/** Plain puts, updates forwarded by many, updates one by one. */
export function createSystems(network: Network, agents: readonly LoadAgent[]): [System, System, System] {
  return [plainPuts(network), updates(network, agents, FORWARDED), updates(network, agents, SINGLE)];
}
