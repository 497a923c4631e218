// Submissions over HTTP: taken in, coalesced, retried, told of, and still there after a restart.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeBatch, jtiOf, MusterError } from '@muster/protocol';
import { ask, discard, sealed, startHarness, until, updateEnvelope, type Harness } from '../../test/harness.ts';
import { unreachable } from '../../test/memory-ledger.ts';

let gateway: Harness;
beforeEach(async () => {
  gateway = await startHarness();
});
afterEach(async () => discard(gateway));

const updates = (query = ''): string => `${gateway.url}/v1/updates${query}`;

describe('a submission', () => {
  test('is answered with 202 and where to ask, and is recorded', async () => {
    const answer = await ask(updates(), { envelope: updateEnvelope(1) });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ submission: { act: 'round.update', status: 'pending' } });
    const place = answer.headers.get('location')!;
    const later = await ask(`${gateway.url}${place}?wait=5000`);
    expect(later.body).toMatchObject({ submission: { status: 'recorded', receipt: { by: 'navy/agent-1' } } });
  });

  test('waits for its receipt when asked to', async () => {
    const answer = await ask(updates('?wait=5000'), { envelope: updateEnvelope(2) });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ submission: { status: 'recorded' } });
  });

  test('is the same submission when sent again', async () => {
    const envelope = updateEnvelope(3);
    const first = await ask(updates('?wait=5000'), { envelope });
    const again = await ask(updates('?wait=5000'), { envelope });
    expect(again.body).toEqual(first.body);
    expect(gateway.ledger.transactions).toBe(1);
  });

  test('tells the job that a proposal made', async () => {
    const envelope = sealed('job.propose', { terms: {} });
    const { body } = await ask(`${gateway.url}/v1/jobs?wait=5000`, { envelope });
    expect(body).toMatchObject({ submission: { status: 'recorded', result: { job: 'j' } } });
  });

  test('that the ledger refuses is answered with the problem of its code, without a transaction', async () => {
    gateway.ledger.refused.add(4);
    const { status, headers, body } = await ask(updates('?wait=5000'), { envelope: updateEnvelope(4) });
    expect(status).toBe(409);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({ type: 'urn:muster:error:ERR_ROUND_LATE', code: 'ERR_ROUND_LATE', status: 409 });
    expect(gateway.ledger.transactions).toBe(0);
  });

  test('that was refused may be sent again', async () => {
    const envelope = updateEnvelope(5);
    gateway.ledger.refused.add(5);
    expect((await ask(updates('?wait=5000'), { envelope })).status).toBe(409);
    gateway.ledger.refused.clear();
    expect((await ask(updates('?wait=5000'), { envelope })).status).toBe(200);
  });

  test('names the organisations that must endorse a finalisation', async () => {
    const envelope = sealed('round.finalise', { organisations: ['army', 'navy'] });
    await ask(`${gateway.url}/v1/finalisations?wait=5000`, { envelope });
    expect(gateway.ledger.calls[0]).toMatchObject({ function: 'rounds:finalise', endorsers: ['army', 'navy'] });
  });
});

describe('coalescing', () => {
  test('brings a hundred submissions into few transactions', async () => {
    const hold = Promise.withResolvers<undefined>();
    gateway.ledger.held = hold.promise;
    const asked = Array.from({ length: 100 }, (_, i) =>
      ask(updates('?wait=30000'), { envelope: updateEnvelope(i + 1) }),
    );
    await until('all to be on their way', () => gateway.relay.waiting === 100);
    hold.resolve(undefined);
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(100).fill(200));
    expect(gateway.ledger.transactions).toBeLessThan(20);
  });

  test('takes a batch, and tells each envelope its own fate', async () => {
    gateway.ledger.refused.add(2);
    const envelopes = [updateEnvelope(1), updateEnvelope(2), 'no envelope', updateEnvelope(3)];
    const { status, body } = await ask(updates('?wait=5000'), { envelopes });
    expect(status).toBe(200);
    expect(body.submissions).toMatchObject([
      { status: 'recorded' },
      { status: 'refused', error: { code: 'ERR_ROUND_LATE' } },
      { jti: null, status: 'refused', error: { code: 'ERR_ENVELOPE_MALFORMED' } },
      { status: 'recorded' },
    ]);
    expect(gateway.ledger.transactions).toBe(1);
  });

  test('takes commitments as a batch, to updates and to attestations, and reveals one by one', async () => {
    const of = { job: '0'.repeat(32), round: 1 };
    const commitment = (to: string): string =>
      sealed('round.commit', { ...of, of: to, commitment: `sha256:${'0'.repeat(64)}` });
    const envelopes = [commitment('update'), commitment('attestation')];
    const { body } = await ask(`${gateway.url}/v1/commitments?wait=5000`, { envelopes });
    expect(body.submissions).toMatchObject([{ status: 'recorded' }, { status: 'recorded' }]);
    const reveal = { envelope: sealed('round.reveal', { ...of, of: 'attestation' }) };
    expect((await ask(`${gateway.url}/v1/reveals?wait=5000`, reveal)).status).toBe(200);
    expect(gateway.ledger.calls.map(({ function: name }) => name)).toEqual(['rounds:commit', 'rounds:reveal']);
  });

  test('makes an overtaken transaction anew', async () => {
    gateway.ledger.verdicts.push('MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT');
    expect((await ask(updates('?wait=9000'), { envelope: updateEnvelope(1) })).status).toBe(200);
    expect(gateway.ledger.transactions).toBe(3);
  });

  test('does not let one that spoils a transaction take the others with it', async () => {
    const { ledger } = gateway;
    const endorse = ledger.endorse.bind(ledger);
    const spoiler = updateEnvelope(2);
    ledger.endorse = async (call) => {
      const envelopes = decodeBatch(call.args[0]!);
      if (envelopes.includes(spoiler)) ledger.refused.add(1).add(2).add(3);
      const verdict = await endorse(call).finally(() => ledger.refused.clear());
      if (envelopes.includes(spoiler)) throw refusal();
      return verdict;
    };
    const { body } = await ask(updates('?wait=9000'), { envelopes: [updateEnvelope(1), spoiler, updateEnvelope(3)] });
    expect(body.submissions).toMatchObject([{ status: 'recorded' }, { status: 'refused' }, { status: 'recorded' }]);
  });
});

function refusal(): Error {
  return new MusterError('ERR_LEDGER_REFUSED', { reason: 'a spoilt transaction' });
}

describe('the door refuses', () => {
  test.each([
    ['what is no envelope', { envelope: 'x' }, 400, 'ERR_ENVELOPE_MALFORMED'],
    ['an envelope that is too large', { envelope: 'x'.repeat(65 * 1024) }, 413, 'ERR_ENVELOPE_TOO_LARGE'],
    ['an envelope of another act', { envelope: sealed('round.close', {}) }, 422, 'ERR_ENVELOPE_TYPE'],
    ['a body of another form', { enveloppe: 'x' }, 400, 'ERR_DOCUMENT_INVALID'],
  ])('%s', async (_what, body, status, code) => {
    const answer = await ask(updates(), body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('a body that is no JSON', async () => {
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{' };
    expect((await ask(updates(), undefined, init)).body.code).toBe('ERR_DOCUMENT_INVALID');
  });

  test('an envelope whose jti is not its digest', async () => {
    const [head, , signature] = updateEnvelope(1).split('.') as [string, string, string];
    const claims = Buffer.from(`{"jti":"${jtiOf({ v: 1 })}","v":2}`).toString('base64url');
    const { body } = await ask(updates(), { envelope: `${head}.${claims}.${signature}` });
    expect(body.code).toBe('ERR_ENVELOPE_JTI');
  });

  test('more than its queue holds, saying when to come again', async () => {
    const small = await startHarness({ limits: { queue: 2 } });
    const hold = Promise.withResolvers<undefined>();
    small.ledger.held = hold.promise;
    const envelopes = [updateEnvelope(1), updateEnvelope(2), updateEnvelope(3)];
    const { status, headers, body } = await ask(`${small.url}/v1/updates`, { envelopes });
    expect([status, body.code]).toEqual([429, 'ERR_OVERLOADED']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(small.relay.waiting).toBe(0);
    hold.resolve(undefined);
    await discard(small);
  });

  test('a submission it does not know', async () => {
    const { status, body } = await ask(`${gateway.url}/v1/submissions/${'a'.repeat(43)}`);
    expect([status, body.code]).toEqual([404, 'ERR_TRANSACTION_UNKNOWN']);
  });

  test('an Idempotency-Key that stood for another body', async () => {
    const headers = { 'Idempotency-Key': 'one' };
    const envelope = updateEnvelope(1);
    expect((await ask(updates(), { envelope }, { headers })).status).toBe(202);
    expect((await ask(updates('?wait=5000'), { envelope }, { headers })).status).toBe(200);
    const { status, body } = await ask(updates(), { envelope: updateEnvelope(2) }, { headers });
    expect([status, body.code]).toEqual([422, 'ERR_IDEMPOTENCY_KEY']);
  });

  test('a route that does not exist', async () => {
    expect((await ask(`${gateway.url}/v1/nothing`)).body.code).toBe('ERR_ROUTE_UNKNOWN');
  });
});

describe('a restarted gateway', () => {
  test('goes on with what it had stored', async () => {
    const { ledger, folder } = gateway;
    ledger.faults.endorse.push(...Array<() => never>(1000).fill(unreachable));
    const { headers } = await ask(updates(), { envelope: updateEnvelope(7) });
    await gateway.stop();
    ledger.faults.endorse.length = 0;
    gateway = await startHarness({ ledger, folder });
    const { body } = await ask(`${gateway.url}${headers.get('location')!}?wait=9000`);
    expect(body).toMatchObject({ submission: { status: 'recorded' } });
  });

  test('learns the fate of a transaction that it had handed over', async () => {
    const { ledger, folder } = gateway;
    ledger.faults.status.push(...Array<() => never>(1000).fill(unreachable));
    const envelope = sealed('round.close', { job: 'a' });
    const { headers } = await ask(`${gateway.url}/v1/closures`, { envelope });
    await until('the transaction to be ordered', () => ledger.transactions === 1);
    await gateway.stop();
    ledger.faults.status.length = 0;
    gateway = await startHarness({ ledger, folder });
    const { body } = await ask(`${gateway.url}${headers.get('location')!}?wait=9000`);
    expect(body).toMatchObject({ submission: { status: 'recorded', receipt: { by: 'navy/agent-1' } } });
    expect(ledger.calls).toHaveLength(1);
  });
});
