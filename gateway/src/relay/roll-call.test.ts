// Endorsements where some organisations take every call and answer none, over a ledger that endorses as they do.

import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { MusterError } from '@muster/protocol';
import { until } from '../../test/harness.ts';
import type { Call, Endorsed } from '../ports.ts';
import { relayTransaction } from './relay-transaction.ts';
import { RollCall, type Patience } from './roll-call.ts';

const ALL = ['airforce', 'army', 'marines', 'navy'];
const call: Call = { function: 'rounds:close', args: ['x'] };
const patience: Patience = { slowMs: 20, lateMs: 20, mostMs: 2_000, stalledMs: 20, againMs: 60_000 };
const log = pino({ level: 'silent' });

/** What an organisation does with a call. */
type Deed = 'endorse' | 'silence' | 'refuse' | 'down' | 'answer little';

/** Endorses as its organisations do; left to itself, as a peer that waits for `chosen` would. */
class Peers {
  readonly calls: Call[] = [];
  readonly deeds: Record<string, Deed> = Object.fromEntries(ALL.map((name) => [name, 'endorse']));
  chosen: readonly string[] = ALL;
  readonly rollCall: RollCall;
  /** what was logged */
  readonly told: unknown[] = [];
  readonly #silence = Promise.withResolvers<undefined>();

  constructor(deeds: Record<string, Deed> = {}, times: Partial<Patience> = {}) {
    Object.assign(this.deeds, deeds);
    this.rollCall = new RollCall({
      ledger: { endorse: (asked) => this.#endorse(asked) },
      organisations: () => ALL,
      log: pino({ level: 'warn' }, { write: (line: string) => void this.told.push(line) }),
      patience: { ...patience, ...times },
    });
  }

  async #endorse(asked: Call): Promise<Endorsed> {
    this.calls.push(asked);
    const endorsers = asked.endorsers ?? this.chosen;
    const deeds = endorsers.map((name) => this.deeds[name]);
    const isLittle = asked.function !== call.function;
    if (deeds.includes('silence') || (deeds.includes('answer little') && !isLittle)) await this.#silence.promise;
    if (deeds.includes('refuse'))
      throw new MusterError('ERR_ROUND_PHASE', { job: 'a', round: 1, phase: 'open', expected: 'closed' });
    if (deeds.includes('down')) throw new MusterError('ERR_LEDGER_UNREACHABLE', { reason: 'connection refused' });
    return { transaction: `${this.calls.length}`, result: endorsers.join(' '), submit: () => Promise.resolve() };
  }

  /** The silent answer after all. */
  answer(): void {
    this.#silence.resolve(undefined);
  }

  get named(): (readonly string[] | undefined)[] {
    return this.calls.map(({ endorsers }) => endorsers);
  }
}

const others = (silent: string): string[] => ALL.filter((name) => name !== silent);

describe('endorsers that the peer chooses', () => {
  test('are left to it where they answer', async () => {
    const peers = new Peers();
    const endorsed = await peers.rollCall.endorse(call);
    expect(endorsed.chosen).toBeUndefined();
    expect(peers.calls).toEqual([call]);
  });

  test('are those that answer where one is silent, and for a while no call waits for it again', async () => {
    const peers = new Peers({ navy: 'silence' });
    expect(await peers.rollCall.endorse(call)).toMatchObject({ result: others('navy').join(' '), chosen: true });
    expect(peers.named).toEqual([undefined, ...ALL.map((name) => [name]), others('navy')]);
    peers.calls.length = 0;
    await peers.rollCall.endorse(call);
    expect(peers.named).toEqual([others('navy')]);
  });

  test('are asked for little first, which costs a busy network little', async () => {
    const peers = new Peers({ navy: 'silence' });
    await peers.rollCall.endorse(call);
    expect(peers.calls.slice(1, -1).map(({ function: name }) => name)).toEqual(
      ALL.map(() => 'consortium:organisation'),
    );
  });

  test('that answer little and leave all else lying are found out', async () => {
    const peers = new Peers({ navy: 'answer little' });
    expect(await peers.rollCall.endorse(call)).toMatchObject({ result: others('navy').join(' '), chosen: true });
    const each = ALL.map((name) => [name]);
    expect(peers.named).toEqual([undefined, ...each, ...each, others('navy')]);
  });

  test('that refuse have answered', async () => {
    const peers = new Peers({ navy: 'silence', army: 'refuse', marines: 'refuse' });
    peers.chosen = ['navy'];
    await expect(peers.rollCall.endorse(call)).rejects.toMatchObject({ code: 'ERR_ROUND_PHASE' });
  });

  test('are left to the peer again where one that is asked in its place is away', async () => {
    const peers = new Peers({ navy: 'silence' });
    await peers.rollCall.endorse(call);
    Object.assign(peers.deeds, { navy: 'endorse', army: 'down' });
    peers.chosen = ['airforce', 'marines', 'navy'];
    expect((await peers.rollCall.endorse(call)).chosen).toBeUndefined();
  });

  test('are left to the peer where most are silent', async () => {
    const peers = new Peers({ navy: 'silence', army: 'silence', marines: 'silence' }, { mostMs: 30 });
    peers.chosen = ['navy'];
    const waiting = peers.rollCall.endorse(call);
    await until('the roll call to be told of', () => peers.told.length > 0);
    peers.answer();
    expect((await waiting).chosen).toBeUndefined();
    expect(peers.named).toEqual([undefined, ...ALL.map((name) => [name])]);
  });

  test('are asked one by one once for all calls that are slow, and not soon again where all had answered', async () => {
    const slow = { result: 'slow', transaction: 't', submit: () => Promise.resolve() };
    let asked = 0;
    const rollCall = new RollCall({
      ledger: {
        endorse: async ({ endorsers }) => {
          if (endorsers !== undefined) asked++;
          else await new Promise((resolve) => setTimeout(resolve, 100));
          return slow;
        },
      },
      organisations: () => ALL,
      log,
      patience: { ...patience, stalledMs: 5_000 },
    });
    await Promise.all([rollCall.endorse(call), rollCall.endorse(call)]);
    await rollCall.endorse(call);
    expect(asked).toBe(ALL.length);
  });
});

describe('endorsers that a statement names', () => {
  const named = { ...call, endorsers: ['army', 'marines', 'navy'] };

  test.each(['silence', 'down'] as const)('are told of where one is there in name only (%s)', async (deed) => {
    const peers = new Peers({ navy: deed });
    const refusal = { code: 'ERR_ENDORSER_SILENT', details: { organisations: ['navy'] } };
    await expect(peers.rollCall.endorse(named)).rejects.toMatchObject(refusal);
  });

  test('are told of at once where another call was slow for them a moment ago', async () => {
    const peers = new Peers({ navy: 'silence' });
    await peers.rollCall.endorse(call);
    peers.calls.length = 0;
    await expect(peers.rollCall.endorse(named)).rejects.toMatchObject({ code: 'ERR_ENDORSER_SILENT' });
    expect(peers.calls).toEqual([named]);
  });

  test('that answer one by one, and not together, are out of reach', async () => {
    const ledger = {
      endorse: ({ endorsers = [] }: Call): Promise<Endorsed> =>
        endorsers.length > 1
          ? Promise.reject(new MusterError('ERR_LEDGER_UNREACHABLE', { reason: 'responses differ' }))
          : Promise.resolve({ transaction: 't', result: '', submit: () => Promise.resolve() }),
    };
    const rollCall = new RollCall({ ledger, organisations: () => ALL, log, patience });
    await expect(rollCall.endorse(named)).rejects.toMatchObject({ code: 'ERR_LEDGER_UNREACHABLE' });
  });
});

test('a transaction whose endorsers were chosen here and do not satisfy its policy is made anew by the peer’s own choice', async () => {
  const peers = new Peers({ navy: 'silence' });
  await peers.rollCall.endorse(call);
  peers.deeds.navy = 'endorse';
  const invalidated: string[] = [];
  const steps = {
    worthwhile: () => true,
    attempting: () => undefined,
    invalidated: (_transaction: string, status: string) => invalidated.push(status),
  };
  const ledger = {
    endorse: (asked: Call) => peers.rollCall.endorse(asked),
    status: (transaction: string) => {
      const status = invalidated.length === 0 ? 'ENDORSEMENT_POLICY_FAILURE' : 'VALID';
      return Promise.resolve({ transaction, status, block: 1 });
    },
  };
  const { signal } = new AbortController();
  const relayed = await relayTransaction(ledger, call, steps, { relayMs: 1000, namedMs: 1000, conflicts: 1, signal });
  expect(relayed.result).toBe(ALL.join(' '));
  expect(invalidated).toEqual(['ENDORSEMENT_POLICY_FAILURE']);
});
