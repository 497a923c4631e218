// A ledger in memory that behaves as Fabric does towards a chaincode: a transaction is simulated at the endorsers' peers,
// sees committed state only, and is committed if all wrote the same, nothing it read has changed, and the endorsers suffice.

import { createHash } from 'node:crypto';
import { common, msp } from '@hyperledger/fabric-protos';
import type { ChaincodeInterface, ChaincodeStub } from 'fabric-shim-api';
import { requireSameReading } from './second-reading.ts';
import { MemoryStub, type Past, type Proposal, type Value } from './memory-stub.ts';
import { EVENT_NAME, type LedgerEvent } from '../../protocol/src/ledger/events.ts';
import { eventsOf } from '../../protocol/src/ledger/told.ts';

/** What one peer made of a proposal. */
export interface Simulation {
  readonly transaction: string;
  readonly at: number;
  /** what was called */
  readonly fn: string;
  readonly args: readonly string[];
  readonly status: number;
  readonly message: string;
  readonly payload: string;
  /** every read, in order, with the version seen */
  readonly reads: readonly (readonly [key: string, version: number | undefined])[];
  readonly writes: ReadonlyMap<string, Buffer>;
  readonly policies: ReadonlyMap<string, Buffer>;
  readonly events: readonly string[];
  readonly ranged: boolean;
  readonly openIterators: number;
}

export type Fate = 'VALID' | 'MVCC_READ_CONFLICT' | 'ENDORSEMENT_POLICY_FAILURE';

/** What must be equal among endorsers: everything a peer signs. */
function endorsed({ status, payload, reads, writes, policies, events }: Simulation): string {
  const hex = (map: ReadonlyMap<string, Buffer>) => [...map].map(([key, bytes]) => [key, bytes.toString('hex')]);
  return JSON.stringify({ status, payload, reads, writes: hex(writes), policies: hex(policies), events });
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
  readonly state = new Map<string, Value>();
  readonly policies = new Map<string, Buffer>();
  readonly events: LedgerEvent[] = [];
  readonly #past = new Map<string, Past[]>();
  readonly #chaincode: () => ChaincodeInterface;
  /** the chaincode of each peer */
  readonly #peers = new Map<string, ChaincodeInterface>();
  #transactions = 0;
  #block = 0;

  /** @param chaincode makes the chaincode: each peer runs its own */
  constructor(chaincode: () => ChaincodeInterface) {
    this.#chaincode = chaincode;
  }

  /** A ledger that starts as this one is and goes its own way. */
  fork(): MemoryLedger {
    const fork = new MemoryLedger(this.#chaincode);
    for (const [key, value] of this.state) fork.state.set(key, value);
    for (const [key, policy] of this.policies) fork.policies.set(key, policy);
    for (const [key, past] of this.#past) fork.#past.set(key, past);
    for (const [peer, chaincode] of this.#peers) fork.#peers.set(peer, chaincode);
    fork.events.push(...this.events);
    fork.#transactions = this.#transactions;
    fork.#block = this.#block;
    return fork;
  }

  /** The values a key had, newest first. */
  pastOf(key: string): readonly Past[] {
    return this.#past.get(key)?.toReversed() ?? [];
  }

  /** Simulates a proposal at an organisation's peer. */
  async simulate(proposal: Proposal, endorser: string, transaction = this.#nextTransaction()): Promise<Simulation> {
    const stub = new MemoryStub(this, proposal, endorser, transaction);
    const chaincode = this.#peers.get(endorser) ?? this.#chaincode();
    this.#peers.set(endorser, chaincode);
    const { status, message, payload } = await chaincode.Invoke(stub as unknown as ChaincodeStub);
    const { reads, writes, policies, events, ranged, openIterators } = stub;
    const answered = { status, message: message ?? '', payload: Buffer.from(payload ?? '').toString('utf8') };
    const { fn, args, at } = proposal;
    return { transaction, at, fn, args, ...answered, reads, writes, policies, events, ranged, openIterators };
  }

  /**
   * Has a proposal endorsed: at the first endorser twice, at the others once, each with a chaincode of its own.
   * @throws ChaincodeRefusal with the chaincode's text; Error where simulations differ or break a habit of the ledger
   */
  async endorse(proposal: Proposal, endorsers: readonly string[]): Promise<Simulation> {
    const transaction = this.#nextTransaction();
    const [first] = endorsers;
    const simulations: Simulation[] = [];
    for (const endorser of [first!, ...endorsers])
      simulations.push(await this.simulate(proposal, endorser, transaction));
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
  commit(simulations: readonly Simulation[], endorsers: readonly string[]): Fate[] {
    this.#block += 1;
    return simulations.map((simulation) => {
      const fate = this.#validate(simulation, endorsers);
      if (fate === 'VALID') this.#apply(simulation);
      return fate;
    });
  }

  #validate({ reads, writes, policies }: Simulation, endorsers: readonly string[]): Fate {
    for (const key of [...writes.keys(), ...policies.keys()]) {
      const policy = this.policies.get(key);
      if (policy === undefined) continue;
      const { needed, organisations } = readPolicy(policy);
      const count = organisations.filter((organisation) => endorsers.includes(organisation)).length;
      if (count < needed) return 'ENDORSEMENT_POLICY_FAILURE';
    }
    const fresh = reads.every(([key, version]) => this.state.get(key)?.version === version);
    return fresh ? 'VALID' : 'MVCC_READ_CONFLICT';
  }

  #apply({ transaction, at, fn, args, payload, writes, policies, events }: Simulation): void {
    for (const [key, bytes] of writes) {
      this.state.set(key, { bytes, version: this.#block });
      this.#past.set(key, [...(this.#past.get(key) ?? []), { transaction, at, bytes, deleted: false }]);
    }
    for (const [key, policy] of policies) this.policies.set(key, policy);
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
    this.state.delete(key);
    const past = { transaction: this.#nextTransaction(), at, bytes: Buffer.alloc(0), deleted: true };
    this.#past.set(key, [...(this.#past.get(key) ?? []), past]);
  }

  /** Puts bytes under a key without a transaction: what a defect or an older version may have left. */
  putUnsafe(key: string, bytes: Buffer): void {
    this.state.set(key, { bytes, version: this.#block });
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
