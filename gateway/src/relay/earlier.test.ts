// A gateway that was killed while a transaction was on its way, and started again while the ledger says nothing about it yet.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MusterError } from '@muster/protocol';
import { ask, discard, sealed, startHarness, until, type Answer, type Harness } from '../../test/harness.ts';
import type { CommitStatus } from '../ports.ts';

const unreachable = (): never => {
  throw new MusterError('ERR_LEDGER_UNREACHABLE', { reason: 'gone' });
};
const replayed = (): never => {
  throw new MusterError('ERR_ENVELOPE_REPLAYED', { jti: 'x' });
};

let gateway: Harness;
let place: string;
/** the transaction that was on its way when the gateway ended */
let earlier: string;

beforeEach(async () => {
  gateway = await startHarness();
  const { ledger, folder } = gateway;
  ledger.faults.submit.push(...Array<() => never>(1000).fill(unreachable));
  ledger.faults.status.push(...Array<() => never>(1000).fill(unreachable));
  const { headers } = await ask(`${gateway.url}/v1/closures`, { envelope: sealed('round.close', { job: 'a' }) });
  place = headers.get('location')!;
  await until('the transaction to be handed over', () => gateway.submissions.attempts().length === 1);
  earlier = gateway.submissions.attempts()[0]!.transaction;
  await gateway.stop();
  ledger.faults.submit.length = 0;
  ledger.faults.status.length = 0;
  gateway = { ...gateway, folder, ledger };
});
afterEach(async () => discard(gateway));

/** Starts again; of the earlier transaction the ledger says these things in turn. */
async function startAgain(...told: (CommitStatus | undefined)[]): Promise<Answer> {
  const { ledger, folder } = gateway;
  const status = ledger.status.bind(ledger);
  ledger.status = (transaction) => (transaction === earlier ? Promise.resolve(told.shift()) : status(transaction));
  gateway = await startHarness({ ledger, folder });
  return ask(`${gateway.url}${place}?wait=9000`);
}

describe('an envelope of a transaction that the ledger is silent about goes again, and', () => {
  test('is recorded where the earlier one was committed meanwhile and is why it is refused now', async () => {
    gateway.ledger.faults.endorse.push(replayed);
    const { body } = await startAgain(undefined, { transaction: earlier, status: 'VALID', block: 1 });
    expect(body).toMatchObject({ submission: { status: 'recorded', receipt: { transaction: earlier } } });
    expect(gateway.submissions.attempts()).toEqual([]);
  });

  test('is refused where the earlier one never came', async () => {
    gateway.ledger.faults.endorse.push(replayed);
    const { body } = await startAgain(undefined, undefined);
    expect(body).toMatchObject({ submission: { status: 'refused', error: { code: 'ERR_ENVELOPE_REPLAYED' } } });
    expect(gateway.submissions.attempts()).toEqual([]);
  });

  test('is refused where the earlier one was invalidated', async () => {
    gateway.ledger.faults.endorse.push(replayed);
    const { body } = await startAgain(undefined, { transaction: earlier, status: 'MVCC_READ_CONFLICT', block: 1 });
    expect(body).toMatchObject({ submission: { status: 'refused', error: { code: 'ERR_ENVELOPE_REPLAYED' } } });
  });

  test('is recorded anew where it is taken', async () => {
    const { body } = await startAgain(undefined);
    expect(body).toMatchObject({ submission: { status: 'recorded' } });
    expect(gateway.ledger.calls).toHaveLength(2);
    expect(gateway.submissions.attempts()).toEqual([]);
  });
});
