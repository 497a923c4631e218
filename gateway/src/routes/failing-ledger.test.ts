// Submissions over HTTP where the ledger fails: asked again, told of truly, recorded once.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MusterError } from '@muster/protocol';
import { ask, discard, startHarness, updateEnvelope, type Harness } from '../../test/harness.ts';
import { unreachable } from '../../test/memory-ledger.ts';

let gateway: Harness;
beforeEach(async () => {
  gateway = await startHarness();
});
afterEach(async () => discard(gateway));

const updates = (query = ''): string => `${gateway.url}/v1/updates${query}`;

describe('a ledger that fails', () => {
  test('to endorse is asked again', async () => {
    gateway.ledger.faults.endorse.push(unreachable, unreachable);
    expect((await ask(updates('?wait=9000'), { envelope: updateEnvelope(1) })).status).toBe(200);
  });

  test('to acknowledge a submit is asked for the fate of that transaction', async () => {
    const { ledger } = gateway;
    ledger.faults.submit.push(unreachable);
    expect((await ask(updates('?wait=9000'), { envelope: updateEnvelope(1) })).status).toBe(200);
    expect(ledger.calls).toHaveLength(1);
  });

  test('to tell the fate of a transaction is asked again, and the transaction commits once', async () => {
    gateway.ledger.faults.status.push(unreachable, unreachable);
    expect((await ask(updates('?wait=9000'), { envelope: updateEnvelope(1) })).status).toBe(200);
    expect(gateway.ledger.transactions).toBe(1);
  });

  test('to answer for longer than the relay tries leaves what it was handed pending, and never refused', async () => {
    const hasty = await startHarness({ limits: { relayMs: 1 } });
    const { ledger } = hasty;
    ledger.faults.acknowledge.push(unreachable, unreachable);
    ledger.faults.status.push(...Array<() => never>(1000).fill(unreachable));
    const envelopes = Array.from({ length: 20 }, (_, i) => updateEnvelope(i + 1));
    const { status, body } = await ask(`${hasty.url}/v1/updates?wait=300`, { envelopes });
    expect(status).toBe(202);
    expect(body.submissions).toMatchObject(envelopes.map(() => ({ status: 'pending' })));
    expect(ledger.transactions).toBe(1);
    ledger.faults.status.length = 0;
    const again = await ask(`${hasty.url}/v1/updates?wait=9000`, { envelopes });
    expect(again.body.submissions).toMatchObject(envelopes.map(() => ({ status: 'recorded' })));
    expect(ledger.calls).toHaveLength(1);
    await discard(hasty);
  });

  test('to count a transaction twice is asked for the fate of the first', async () => {
    const { ledger } = gateway;
    const status = ledger.status.bind(ledger);
    let asked = 0;
    ledger.status = async (transaction) => {
      const known = await status(transaction);
      return known !== undefined && asked++ === 0 ? { ...known, status: 'DUPLICATE_TXID' } : known;
    };
    expect((await ask(updates('?wait=9000'), { envelope: updateEnvelope(1) })).status).toBe(200);
    expect(ledger.calls).toHaveLength(1);
  });

  test('and refuses to take a transaction is the refusal of its envelopes', async () => {
    gateway.ledger.faults.submit.push(() => {
      throw new MusterError('ERR_LEDGER_REFUSED', { reason: 'no such channel' });
    });
    const { status, body } = await ask(updates('?wait=9000'), { envelope: updateEnvelope(1) });
    expect([status, body.code]).toEqual([502, 'ERR_LEDGER_REFUSED']);
    expect(gateway.ledger.transactions).toBe(0);
  });

  test('for longer than the relay tries is ERR_LEDGER_UNREACHABLE', async () => {
    const hasty = await startHarness({ limits: { relayMs: 1 } });
    hasty.ledger.faults.endorse.push(...Array<() => never>(20).fill(unreachable));
    const { status, body } = await ask(`${hasty.url}/v1/updates?wait=9000`, { envelope: updateEnvelope(1) });
    expect([status, body.code]).toEqual([503, 'ERR_LEDGER_UNREACHABLE']);
    await discard(hasty);
  });

  test('that is overtaken each time is ERR_LEDGER_CONFLICT', async () => {
    const hasty = await startHarness({ limits: { conflicts: 1 } });
    hasty.ledger.verdicts.push('MVCC_READ_CONFLICT', 'MVCC_READ_CONFLICT');
    const { status, body } = await ask(`${hasty.url}/v1/updates?wait=9000`, { envelope: updateEnvelope(1) });
    expect([status, body.code]).toEqual([409, 'ERR_LEDGER_CONFLICT']);
    expect(body.transaction).toEqual(expect.any(String));
    await discard(hasty);
  });

  test('validation without a code of ours is ERR_LEDGER_REFUSED', async () => {
    gateway.ledger.verdicts.push('ENDORSEMENT_POLICY_FAILURE');
    const { status, body } = await ask(updates('?wait=9000'), { envelope: updateEnvelope(1) });
    expect([status, body.code]).toEqual([502, 'ERR_LEDGER_REFUSED']);
  });

  test('with a bug tells nothing of it', async () => {
    gateway.ledger.faults.endorse.push(() => {
      throw new TypeError('secret');
    });
    const { status, body } = await ask(updates('?wait=9000'), { envelope: updateEnvelope(1) });
    expect([status, body.code]).toEqual([500, 'ERR_DEFECT']);
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});
