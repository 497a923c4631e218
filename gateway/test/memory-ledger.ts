// A ledger in memory behind the gateway's port: it records what it is given, a block a transaction, and fails as it is told to.

import { randomBytes } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import { setTimeout as delay } from 'node:timers/promises';
import {
  decodeBatch,
  encodeVerdicts,
  event,
  MusterError,
  openEnvelope,
  report,
  type LedgerEvent,
  type Moment,
  type Receipt,
  type UpdateRecord,
  type Verdict,
} from '@muster/protocol';
import type { Call, CommitStatus, Endorsed, Ledger, LedgerBlock } from '../src/ports.ts';

type Fault = () => void;
/** `acknowledge`: it has been committed, and the answer is lost */
type Phase = 'endorse' | 'submit' | 'acknowledge' | 'status';

const COALESCED = ['rounds:record', 'rounds:commit', 'consortium:enrol'];

/** What a call would do: its answer, and the events of its transaction. */
interface Simulation {
  readonly result: string;
  readonly events: readonly LedgerEvent[];
}

/** The ledger, and what a test may look at and break. */
export class MemoryLedger implements Ledger {
  readonly calls: Call[] = [];
  readonly chain: LedgerBlock[] = [];
  /** thrown once each, in order, by the phase they are given for */
  readonly faults: Record<Phase, Fault[]> = { endorse: [], submit: [], acknowledge: [], status: [] };
  /** validation codes of the next transactions; VALID when none is left */
  readonly verdicts: string[] = [];
  /** examples that are refused, as a stand-in for the law */
  readonly refused = new Set<number>();
  readonly statuses = new Map<string, CommitStatus>();
  commitMs = 0;
  /** nothing commits while it is set */
  held: Promise<void> | undefined;
  readonly #recorded = new Map<string, Receipt>();
  #wake = Promise.withResolvers<undefined>();
  #broken = 0;

  get transactions(): number {
    return this.statuses.size;
  }

  #fault(phase: Phase): void {
    this.faults[phase].shift()?.();
  }

  #simulate({ function: name, args }: Call, transaction: string): Simulation {
    const coalesced = COALESCED.includes(name);
    const envelopes = coalesced ? decodeBatch(args[0] as string) : [args[0] as string];
    const events: LedgerEvent[] = [];
    const moment: Moment = { at: Date.now(), transaction };
    const verdicts = envelopes.map((envelope): Verdict => {
      try {
        return { ok: true, receipt: this.#record(envelope, moment, events) };
      } catch (error) {
        return { ok: false, error: report(error as MusterError) };
      }
    });
    if (coalesced) return { result: encodeVerdicts(moment, verdicts), events };
    const [only] = verdicts as [Verdict];
    if (!only.ok) throw new MusterError(only.error.code, only.error.details as never);
    return { result: JSON.stringify({ ...only.receipt, ...(name === 'jobs:propose' ? { job: 'j' } : {}) }), events };
  }

  #record(envelope: string, { at, transaction }: Moment, events: LedgerEvent[]): Receipt {
    const { jti, statement, certificate } = openEnvelope(envelope);
    const { by, examples, job, round, update, dataset, metrics, privacy } = statement as unknown as UpdateRecord & {
      job: string;
      round: number;
    };
    if (this.refused.has(examples)) throw new MusterError('ERR_ROUND_LATE', { job, round, at: 2, until: 1 });
    const before = this.#recorded.get(jti);
    if (before !== undefined) return { ...before, duplicate: true };
    const told = { by, certificate, jti, update, examples, dataset, metrics, privacy, at, transaction, job, round };
    events.push(event('round.updated', told));
    return { jti, by, at, transaction };
  }

  async endorse(call: Call): Promise<Endorsed> {
    this.#fault('endorse');
    this.calls.push(call);
    const transaction = randomBytes(32).toString('hex');
    const { result, events } = this.#simulate(call, transaction);
    return Promise.resolve({
      transaction,
      result,
      submit: async () => {
        this.#fault('submit');
        await this.held;
        await delay(this.commitMs);
        this.#commit(transaction, events);
        this.#fault('acknowledge');
      },
    });
  }

  #commit(transaction: string, events: readonly LedgerEvent[]): void {
    if (this.statuses.has(transaction)) return;
    const status = this.verdicts.shift() ?? 'VALID';
    this.statuses.set(transaction, { transaction, status, block: this.chain.length });
    if (status === 'VALID') {
      for (const { data } of events) {
        const { jti, by, at } = data as unknown as Receipt;
        this.#recorded.set(jti, { jti, by, at, transaction });
      }
    }
    this.append(transaction, events, status);
  }

  /** Adds a block of one transaction. */
  append(transaction: string, events: readonly LedgerEvent[], status = 'VALID', at = Date.now()): void {
    const payload = status === 'VALID' && events.length > 0 ? { events } : {};
    const one = { transaction, index: 0, at, creator: 'navy', status, ...payload };
    this.chain.push({ number: this.chain.length, transactions: [one] });
    this.#wakeAll();
  }

  /** The peer goes away: streams of blocks break. */
  restart(): void {
    this.#broken++;
    this.#wakeAll();
  }

  #wakeAll(): void {
    this.#wake.resolve(undefined);
    this.#wake = Promise.withResolvers<undefined>();
  }

  status(transaction: string): Promise<CommitStatus | undefined> {
    this.#fault('status');
    return Promise.resolve(this.statuses.get(transaction));
  }

  evaluate({ function: name, args }: Call): Promise<string> {
    if (name === 'audit:history') {
      const value = { transaction: 'tx', at: 1, value: { type: args[0] }, deleted: false };
      return Promise.resolve(JSON.stringify({ items: [value], more: true }));
    }
    return Promise.resolve('{}');
  }

  height(): Promise<number> {
    return Promise.resolve(this.chain.length);
  }

  /** Its number and its transactions' ids, as data: enough to tell one block from another. */
  block(number: number): Promise<Uint8Array> {
    const header = new common.BlockHeader();
    header.setNumber(number);
    const data = new common.BlockData();
    data.setDataList((this.chain[number]?.transactions ?? []).map(({ transaction }) => Buffer.from(transaction)));
    const block = new common.Block();
    block.setHeader(header);
    block.setData(data);
    return Promise.resolve(block.serializeBinary());
  }

  async *blocks(from: number, signal: AbortSignal): AsyncIterable<LedgerBlock> {
    const stream = this.#broken;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    for (let next = from; !signal.aborted;) {
      const block = this.chain[next];
      if (this.#broken !== stream) throw new MusterError('ERR_LEDGER_UNREACHABLE', { reason: 'peer restarted' });
      if (block === undefined) {
        await Promise.race([this.#wake.promise, stopped]);
        continue;
      }
      next++;
      yield block;
    }
  }
}

/** A fault of the transport. */
export const unreachable = (): never => {
  throw new MusterError('ERR_LEDGER_UNREACHABLE', { reason: 'told to' });
};
