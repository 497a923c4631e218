// A ledger in memory that behaves as Fabric does towards a chaincode: a transaction is simulated at the endorsers' peers,
// sees committed state only, and is committed if all wrote the same, nothing it read has changed, and the endorsers suffice.

import { createHash } from 'node:crypto';
import { common, msp } from '@hyperledger/fabric-protos';
import type { ChaincodeInterface, ChaincodeStub } from 'fabric-shim-api';
import { elsewhere } from './elsewhere.ts';
import { MemoryStub, type Past, type Proposal } from './memory-stub.ts';
import { requireSameReading } from './second-reading.ts';
import { WorldState, type Fate, type ReadWriteSet, type Value } from './world-state.ts';
import { EVENT_NAME, type LedgerEvent } from '../../protocol/src/ledger/events.ts';
import { eventsOf } from '../../protocol/src/ledger/told.ts';

/** What one peer made of a proposal. */
export interface Simulation extends ReadWriteSet {
  readonly transaction: string;
  readonly at: number;
  /** what was called */
  readonly fn: string;
  readonly args: readonly string[];
  readonly status: number;
  readonly message: string;
  readonly payload: string;
  readonly events: readonly string[];
  readonly ranged: boolean;
  readonly openIterators: number;
}

export type { Fate } from './world-state.ts';

/** What must be equal among endorsers: everything a peer signs. */
function endorsed({ status, payload, reads, ranges, writes, policies, events }: Simulation): string {
  const hex = (map: ReadonlyMap<string, Buffer | null>) =>
    [...map].map(([key, bytes]) => [key, bytes?.toString('hex') ?? null]);
  return JSON.stringify({ status, payload, reads, ranges, writes: hex(writes), policies: hex(policies), events });
}

/** A state-based endorsement policy, read back: how many of whose peers. */
export function readPolicy(bytes: Uint8Array): { needed: number; organisations: string[]; roles: number[] } {
  const envelope = common.SignaturePolicyEnvelope.deserializeBinary(bytes);
  const threshold = envelope.getRule()?.getNOutOf();
  const principals = envelope.getIdentitiesList().map((identity) => {
    if (identity.getPrincipalClassification() !== msp.MSPPrincipal.Classification.ROLE) throw new Error('not a role');
    return msp.MSPRole.deserializeBinary(identity.getPrincipal_asU8());
  });
  const indices = threshold?.getRulesList().map((rule) => rule.getSignedBy()) ?? [];
  return {
    needed: threshold?.getN() ?? 0,
    organisations: indices.map((index) => principals[index]!.getMspIdentifier()),
    roles: principals.map((role) => role.getRole()),
  };
}

/** A chaincode that was refused by an endorser. */
export class ChaincodeRefusal extends Error {}

export class MemoryLedger {
  readonly events: LedgerEvent[] = [];
  readonly #past = new Map<string, Past[]>();
  readonly #chaincode: () => ChaincodeInterface;
  /** the chaincode of each peer */
  readonly #peers = new Map<string, ChaincodeInterface>();
  #world: WorldState;
  #transactions = 0;

  /** @param chaincode makes the chaincode: each peer runs its own */
  constructor(chaincode: () => ChaincodeInterface, world = new WorldState()) {
    this.#chaincode = chaincode;
    this.#world = world;
  }

  /** Committed values. */
  get state(): ReadonlyMap<string, Value> {
    return this.#world.values;
  }

  /** Policies of keys that have one of their own. */
  get policies(): ReadonlyMap<string, Buffer> {
    return this.#world.policies;
  }

  range(start: string, end: string): readonly [string, Value][] {
    return this.#world.range(start, end);
  }

  /** A ledger that starts as this one is and goes its own way. */
  fork(): MemoryLedger {
    const fork = new MemoryLedger(this.#chaincode, this.#world.fork());
    for (const [key, past] of this.#past) fork.#past.set(key, past);
    for (const [peer, chaincode] of this.#peers) fork.#peers.set(peer, chaincode);
    fork.events.push(...this.events);
    fork.#transactions = this.#transactions;
    return fork;
  }

  /** The values a key had, newest first. */
  pastOf(key: string): readonly Past[] {
    return this.#past.get(key)?.toReversed() ?? [];
  }

  /** Simulates a proposal at an organisation's peer. */
  async simulate(proposal: Proposal, endorser: string, transaction = this.#nextTransaction()): Promise<Simulation> {
    const chaincode = this.#peers.get(endorser) ?? this.#chaincode();
    this.#peers.set(endorser, chaincode);
    return this.#simulateBy(chaincode, proposal, endorser, transaction);
  }

  async #simulateBy(
    chaincode: ChaincodeInterface,
    proposal: Proposal,
    endorser: string,
    transaction: string,
  ): Promise<Simulation> {
    const stub = new MemoryStub(this, proposal, endorser, transaction);
    const { status, message, payload } = await chaincode.Invoke(stub as unknown as ChaincodeStub);
    const { reads, ranges, writes, policies, events, ranged, openIterators } = stub;
    const answered = { status, message: message ?? '', payload: Buffer.from(payload ?? '').toString('utf8') };
    const { fn, args, at } = proposal;
    return { transaction, at, fn, args, ...answered, reads, ranges, writes, policies, events, ranged, openIterators };
  }

  /**
   * Has a proposal endorsed: at the first endorser twice, at the others once, each with a chaincode of its own. The second
   * time is by a chaincode that was just made, on a machine with another clock, time zone and luck.
   * @throws ChaincodeRefusal with the chaincode's text; Error where simulations differ or break a habit of the ledger
   */
  async endorse(proposal: Proposal, endorsers: readonly string[]): Promise<Simulation> {
    const transaction = this.#nextTransaction();
    const [first] = endorsers;
    const simulations: Simulation[] = [];
    for (const endorser of endorsers) simulations.push(await this.simulate(proposal, endorser, transaction));
    const again = (): Promise<Simulation> => this.#simulateBy(this.#chaincode(), proposal, first!, transaction);
    simulations.push(await elsewhere(again));
    for (const simulation of simulations) {
      if (simulation.status !== 200) {
        if (simulation.writes.size > 0 || simulation.events.length > 0) throw new Error('a refused transaction wrote');
        throw new ChaincodeRefusal(simulation.message);
      }
      verifyHabits(simulation);
      if (endorsed(simulation) !== endorsed(simulations[0]!)) throw new Error('simulations differ: not deterministic');
    }
    requireSameReading(this, proposal, simulations[0]!);
    return simulations[0]!;
  }

  /** Commits endorsed transactions as one block, in order. */
  commit(simulations: readonly Simulation[], endorsers: readonly string[], number?: number): Fate[] {
    const fates = this.#world.commit(
      simulations,
      (_transaction, bytes) => {
        const { needed, organisations } = readPolicy(bytes);
        return organisations.filter((organisation) => endorsers.includes(organisation)).length >= needed;
      },
      number,
    );
    simulations.filter((_, i) => fates[i] === 'VALID').forEach((simulation) => this.#note(simulation));
    return fates;
  }

  /** Keeps what the world state does not: past values and events. */
  #note({ transaction, at, fn, args, payload, writes, events }: Simulation): void {
    for (const [key, bytes] of writes) {
      const past = { transaction, at, bytes: bytes ?? Buffer.alloc(0), deleted: bytes === null };
      this.#past.set(key, [...(this.#past.get(key) ?? []), past]);
    }
    const [emitted] = events.map((event) => event.slice(EVENT_NAME.length + 1));
    const told = {
      transaction,
      at,
      function: fn,
      args,
      answer: payload,
      ...(emitted === undefined ? {} : { emitted }),
    };
    this.events.push(...eventsOf(told));
  }

  /** Deletes a key, as no contract does: history must bear it. */
  deleteUnsafe(key: string, at: number): void {
    this.#world.values.delete(key);
    const past = { transaction: this.#nextTransaction(), at, bytes: Buffer.alloc(0), deleted: true };
    this.#past.set(key, [...(this.#past.get(key) ?? []), past]);
  }

  /** Puts bytes under a key without a transaction: what a defect or an older version may have left. */
  putUnsafe(key: string, bytes: Buffer): void {
    this.#world.values.set(key, { bytes, version: { block: this.#world.height, transaction: 0 } });
  }

  #nextTransaction(): string {
    this.#transactions += 1;
    return createHash('sha256').update(String(this.#transactions)).digest('hex');
  }
}

/** What every accepted transaction must keep to, beyond being the same everywhere. */
function verifyHabits({ reads, writes, events, ranged, openIterators }: Simulation): void {
  const keys = reads.map(([key]) => key);
  if (new Set(keys).size !== keys.length) throw new Error('a key was read twice from the peer');
  if (ranged && writes.size > 0) throw new Error('a transaction that writes ran through a range');
  if (openIterators !== 0) throw new Error('an iterator was left open');
  if (events.length > 1) throw new Error('more than one event was set');
  if (events.some((event) => !event.startsWith(`${EVENT_NAME} `))) throw new Error('an event has another name');
}
