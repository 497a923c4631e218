// The bench `caliper`: Hyperledger Caliper drives the very chaincodes that the bench `ledger` drives, as an independent reading.
import { join } from 'node:path';
import { encodeBatch } from '@muster/protocol';
import type { Network } from '../network/src/index.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { driveCaliper, type CaliperReading, type CaliperRound } from './caliper/drive.ts';
import { ensureCaliper, type CaliperEnvironment } from './caliper/environment.ts';
import { enrolAgents, type LoadAgent } from './ledger/agents.ts';
import { deployPlainPut } from './ledger/plain-puts.ts';
import { chunks, recordedIn, sealUpdates } from './ledger/signed-updates.ts';
import { createSystems, type Measured } from './ledger/systems.ts';
import { median, rounded } from './statistics.ts';
import { withNetwork } from './with-network.ts';

const TURNS = 2;
const AGENTS_PER_ORGANISATION = 128;
const PUTS = { perOrganisation: 375, load: 200, bytes: 400 };
/** A batch is an organisation's agents in four jobs, so no two of them write one page. One of each organisation flies at a time. */
const UPDATES = { batch: 4 * AGENTS_PER_ORGANISATION, all: 12_288, load: 4 };

interface Reading {
  readonly what: string;
  readonly perSecond: number;
  readonly recorded: number;
  readonly caliper: CaliperReading;
}

/** Caliper's side of a turn. */
class Caliper {
  readonly #environment: CaliperEnvironment;
  readonly #network: Network;
  readonly #folder: string;
  #runs = 0;

  constructor(environment: CaliperEnvironment, network: Network, folder: string) {
    this.#environment = environment;
    this.#network = network;
    this.#folder = folder;
  }

  #drive(round: CaliperRound): Promise<CaliperReading> {
    return driveCaliper(this.#environment, this.#network, join(this.#folder, `run-${this.#runs++}`), round);
  }

  async puts(): Promise<Reading> {
    const run = this.#runs;
    const value = 'x'.repeat(PUTS.bytes);
    const of = (name: string): string[][] =>
      Array.from({ length: PUTS.perOrganisation }, (_, i) => [`caliper-${run}-${name}-${i}`, value]);
    const calls = new Map(this.#network.plan.organisations.map(({ name }) => [name, of(name)]));
    const round = { label: 'put', contract: 'plain', contractFunction: 'put', calls, load: PUTS.load };
    const caliper = await this.#drive(round);
    const { transactionsPerSecond, succeeded } = caliper;
    return { what: 'plain put', perSecond: transactionsPerSecond, recorded: succeeded, caliper };
  }

  /** Relays' calls of pre-signed updates; those that the ledger then holds count. */
  async updates(agents: readonly LoadAgent[]): Promise<Reading> {
    const name = `caliper-${this.#runs}`;
    const { jobs, byOrganisation } = await sealUpdates(this.#network, agents, { updates: UPDATES.all, name });
    const calls = new Map(
      byOrganisation.map(([organisation, sealed]) => {
        const batches = chunks(sealed, UPDATES.batch);
        return [organisation.name, batches.map((batch) => [encodeBatch(batch.map(({ envelope }) => envelope))])];
      }),
    );
    const contract = this.#network.chaincode;
    const round = { label: 'record', contract, contractFunction: 'rounds:record', calls, load: UPDATES.load };
    const caliper = await this.#drive(round);
    const recorded = (await recordedIn(this.#network, jobs)).size;
    // some that Caliper gave up waiting for were recorded all the same: they are on the ledger, not in its throughput
    const perTransaction = recorded / (caliper.succeeded + caliper.failed);
    return { what: 'signed updates', perSecond: caliper.transactionsPerSecond * perTransaction, recorded, caliper };
  }
}

function caliperRow(turn: number, { what, perSecond, recorded, caliper }: Reading): Row {
  return {
    what,
    driver: 'Caliper',
    turn,
    recorded,
    failed: caliper.failed,
    transactions: caliper.succeeded,
    'per second': rounded(perSecond, 0),
    'mean ms': rounded(caliper.averageSeconds * 1000, 0),
  };
}

function ownRow(turn: number, what: string, { result }: Measured): Row {
  const { recorded, failed, transactions, perSecond } = result;
  const own = { what, driver: 'muster', turn, recorded, failed: failed.length, transactions };
  return { ...own, 'per second': rounded(perSecond, 0) };
}

export async function run({ progress, signal, rounds = TURNS }: BenchOptions): Promise<BenchResult> {
  const environment = await progress.step('Caliper: installation', ensureCaliper);
  return withNetwork('caliper', { progress }, async (network, folder) => {
    await progress.step('plain chaincode', () => deployPlainPut(network));
    const agents = await progress.step(`${4 * AGENTS_PER_ORGANISATION} agents enrol`, (note) =>
      enrolAgents(network, AGENTS_PER_ORGANISATION, join(folder, 'load'), note),
    );
    const [puts, forwarded] = createSystems(network, agents);
    const caliper = new Caliper(environment, network, join(folder, 'caliper'));
    const rows: Row[] = [];
    const readings: Reading[] = [];
    for (let turn = 1; turn <= rounds; turn++) {
      for (const { what, maximum } of [puts, forwarded]) {
        signal.throwIfAborted();
        rows.push(ownRow(turn, what, await progress.step(`${what}, turn ${turn}`, () => maximum(1))));
      }
      for (const read of [() => caliper.puts(), () => caliper.updates(agents)]) {
        signal.throwIfAborted();
        const reading = await progress.step(`Caliper, turn ${turn}`, read);
        readings.push(reading);
        rows.push(caliperRow(turn, reading));
      }
    }
    const middle = (wanted: string): number =>
      median(readings.filter(({ what }) => what === wanted).map(({ perSecond }) => perSecond));
    return {
      title: `Hyperledger Caliper ${environment.version} (fabric-gateway peer, fixed load) and our own load, on one network in turns`,
      rows,
      figures: { caliper: environment.version, readings },
      ratio: middle('signed updates') / middle('plain put'),
    };
  });
}
