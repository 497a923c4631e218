// Admission over HTTP: who floods waits for himself, what is too much is refused before it is read, what stands still is cut off.

import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { cidOf, decodeBatch, event, openEnvelope } from '@muster/protocol';
import { submissionOf } from '../submissions/submission.ts';
import {
  ask,
  discard,
  sealed,
  startHarness,
  until,
  updateEnvelope,
  type Answer,
  type Harness,
} from '../../test/harness.ts';

let gateway: Harness;
afterEach(async () => discard(gateway));

const authenticate = (request: { get(name: string): string | undefined }): string =>
  request.get('x-client') ?? 'tester';
const start = async (limits: NonNullable<Parameters<typeof startHarness>[0]>['limits'] = {}): Promise<void> => {
  gateway = await startHarness({ authenticate, limits });
};
const as = (client: string): RequestInit => ({ headers: { 'x-client': client } });
const hand = (client: string, body: unknown, query = ''): Promise<Answer> =>
  ask(`${gateway.url}/v1/updates${query}`, body, as(client));
const many = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => updateEnvelope(from + i));

/** Sends bytes over a bare socket, and gathers what comes back. */
function send(text: string): { socket: Socket; heard: () => string } {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  socket.on('error', () => undefined); // cut off is what some of these wait for
  socket.write(text);
  return { socket, heard: () => heard };
}

describe('a flooding client', () => {
  test('is refused beyond its share of the queue, told when to come again, while others are let in', async () => {
    await start({ queue: 10, queuePerClient: 4 });
    const hold = Promise.withResolvers<undefined>();
    gateway.ledger.held = hold.promise;
    expect((await hand('flooder', { envelopes: many(1, 4) })).status).toBe(202);
    const { status, headers, body } = await hand('flooder', { envelope: updateEnvelope(5) });
    expect([status, body.code]).toEqual([429, 'ERR_OVERLOADED']);
    expect(body.details).toMatchObject({ limit: 4 });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await hand('other', { envelope: updateEnvelope(6) })).status).toBe(202);
    hold.resolve(undefined);
    await until('the queue to empty', () => gateway.relay.waiting === 0);
    expect((await hand('flooder', { envelope: updateEnvelope(5) }, '?wait=5000')).status).toBe(200);
  });

  test('fills its share of the queue by bytes too', async () => {
    await start({ queueBytesPerClient: 100 });
    expect((await hand('flooder', { envelope: updateEnvelope(1) })).body.code).toBe('ERR_OVERLOADED');
    expect(gateway.relay.waiting).toBe(0);
  });

  test('does not keep one envelope of another waiting for its thousands in the same lane', async () => {
    await start();
    gateway.ledger.commitMs = 5;
    const hold = Promise.withResolvers<undefined>();
    gateway.ledger.held = hold.promise;
    await hand('flooder', { envelopes: many(1, 1000) });
    await hand('flooder', { envelopes: many(1001, 1000) });
    await until('the first transaction to fly', () => gateway.ledger.calls.length > 0);
    const other = updateEnvelope(9999);
    await hand('other', { envelope: other });
    hold.resolve(undefined);
    await until('all to be recorded', () => gateway.relay.waiting === 0);
    const place = gateway.ledger.calls.findIndex(({ args }) => decodeBatch(args[0]!).includes(other));
    expect(place).toBe(1);
    expect(gateway.ledger.calls.length).toBeGreaterThan(2);
  });

  test('does not keep one act of another waiting for acts in as many lanes', async () => {
    await start({ transactions: 2 });
    const hold = Promise.withResolvers<undefined>();
    gateway.ledger.held = hold.promise;
    const act = (i: number): string => sealed('round.close', { by: `navy/agent-${i}`, round: i });
    const hand = (client: string, envelope: string): Promise<Answer> =>
      ask(`${gateway.url}/v1/closures`, { envelope }, as(client));
    await Promise.all(Array.from({ length: 20 }, (_, i) => hand('flooder', act(i))));
    const other = act(99);
    await hand('other', other);
    expect(gateway.ledger.calls).toHaveLength(2);
    hold.resolve(undefined);
    await until('all to be recorded', () => gateway.relay.waiting === 0);
    const place = gateway.ledger.calls.findIndex(({ args }) => args[0] === other);
    expect(gateway.ledger.calls).toHaveLength(21);
    expect(place).toBeLessThan(5);
  });

  test('has its share of requests, and others theirs', async () => {
    await start({ requestsPerClient: 1 });
    const hold = Promise.withResolvers<undefined>();
    gateway.ledger.held = hold.promise;
    const waiting = hand('flooder', { envelope: updateEnvelope(1) }, '?wait=9000');
    await until('the first to be taken in', () => gateway.relay.waiting === 1);
    expect((await hand('flooder', { envelope: updateEnvelope(2) })).status).toBe(429);
    expect((await hand('other', { envelope: updateEnvelope(3) })).status).toBe(202);
    hold.resolve(undefined);
    expect((await waiting).status).toBe(200);
    expect((await hand('flooder', { envelope: updateEnvelope(2) })).status).toBe(202);
  });

  test('has its share of event streams', async () => {
    await start({ streamsPerClient: 1 });
    const stop = new AbortController();
    const stream = (client: string): Promise<Response> =>
      fetch(`${gateway.url}/v1/events`, { ...as(client), signal: stop.signal });
    expect((await stream('flooder')).status).toBe(200);
    expect((await stream('flooder')).status).toBe(429);
    expect((await stream('other')).status).toBe(200);
    stop.abort();
  });

  test('keeps no more Idempotency-Keys than its own', async () => {
    await start({ idempotencyKeys: 64 });
    for (let i = 0; i < 192; i++) gateway.submissions.bindKey('flooder', `key-${i}`, 'one', i);
    expect(gateway.submissions.bindKey('flooder', 'key-191', 'other', 999)).toBe(false);
    expect(gateway.submissions.bindKey('flooder', 'key-0', 'other', 999)).toBe(true);
  });

  test('fills no disk with what was settled: beyond a number the oldest are forgotten', async () => {
    await start();
    const jtis = many(1, 3).map((envelope) => openEnvelope(envelope).jti);
    many(1, 3).forEach((envelope, at) => {
      const submission = submissionOf('round.update', envelope);
      gateway.submissions.add([submission], at);
      gateway.submissions.settle([[submission.id, { status: 'refused', error: { code: 'ERR_DEFECT', details: {} } }]]);
    });
    gateway.submissions.prune(0, 1);
    expect(jtis.map((jti) => gateway.submissions.find({ jti }) !== undefined)).toEqual([false, true, true]);
  });
});

describe('a body', () => {
  const head = (length: number | string, path = '/v1/updates', method = 'POST'): string =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

  test('that announces more than the limit is refused before any of it is read', async () => {
    await start({ bodyBytes: 1000 });
    const { socket, heard } = send(head(1001));
    await until('the refusal', () => heard().includes('ERR_ENVELOPE_TOO_LARGE'));
    expect(heard()).toMatch(/^HTTP\/1\.1 413/);
    socket.destroy();
  });

  test('takes its room before it is read, of which a client has a share', async () => {
    await start({ bodiesPerClient: 1500 });
    const first = send(head(1000));
    await until('the second to find no room', async () => {
      const answer = await hand('tester', { envelope: 'x'.repeat(1000) });
      return answer.body.code === 'ERR_OVERLOADED';
    });
    expect(first.heard()).toBe('');
    first.socket.destroy();
    await until('the room to be given back', async () => {
      const answer = await hand('tester', { envelope: 'x'.repeat(1000) });
      return answer.body.code === 'ERR_ENVELOPE_MALFORMED';
    });
  });

  test('that trickles is cut off after its time', async () => {
    await start({ bodyMs: 50 });
    const { socket, heard } = send(`${head(1000)}{`);
    await until('the refusal', () => heard().includes('ERR_REQUEST_SLOW'));
    expect(heard()).toMatch(/^HTTP\/1\.1 408/);
    socket.destroy();
  });

  test('that is compressed is refused: a few bytes could stand for many', async () => {
    await start();
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await ask(`${gateway.url}/v1/updates`, undefined, { method: 'POST', headers, body: 'x' });
    expect(answer.body.code).toBe('ERR_DOCUMENT_INVALID');
  });

  test('nested a hundred thousand deep is refused, with and without an Idempotency-Key', async () => {
    await start();
    const body = `{"envelope":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    for (const extra of [{}, { 'idempotency-key': 'deep' }]) {
      const headers = { 'content-type': 'application/json', ...extra };
      const answer = await ask(`${gateway.url}/v1/updates`, undefined, { method: 'POST', headers, body });
      expect(answer.status).toBe(400);
    }
  });

  test('of an artefact that stands still is cut off, and nothing of it is kept', async () => {
    await start({ uploadStallMs: 50 });
    const cid = cidOf(Buffer.from('whole'));
    const { socket, heard } = send(`${head(5, `/v1/artefacts/${cid}`, 'PUT')}wh`);
    await until('the refusal', () => heard().includes('ERR_REQUEST_SLOW'));
    expect(await gateway.store.find(cid)).toBeUndefined();
    socket.destroy();
  });

  test('of an artefact that trickles is cut off, its place is free again, and nothing of it is kept', async () => {
    await start({ uploadStallMs: 200, uploadBytesPerSecond: 1000, uploadsPerClient: 1 });
    const cid = cidOf(Buffer.from('whole'));
    const { socket, heard } = send(head(1_000_000, `/v1/artefacts/${cid}`, 'PUT'));
    // never still for as long as it may be, and never done
    const trickle = setInterval(() => socket.write('a'), 20);
    try {
      await until('the refusal', () => heard().includes('ERR_REQUEST_SLOW'));
    } finally {
      clearInterval(trickle);
      socket.destroy();
    }
    expect(await gateway.store.find(cid)).toBeUndefined();
    const answer = await ask(`${gateway.url}/v1/artefacts/${cid}`, undefined, { method: 'PUT', body: 'whole' });
    expect(answer.status).toBe(201);
  });

  test('of an artefact is one of a share', async () => {
    await start({ uploadsPerClient: 1 });
    const place = `/v1/artefacts/${cidOf(Buffer.from('whole'))}`;
    const first = send(`${head(5, place, 'PUT')}wh`);
    await until('the second to be refused', async () => {
      const { body } = await ask(`${gateway.url}${place}`, undefined, { method: 'PUT', body: 'whole' });
      return body.code === 'ERR_OVERLOADED';
    });
    first.socket.destroy();
    await until('the place to be free again', async () => {
      const { status } = await ask(`${gateway.url}${place}`, undefined, { method: 'PUT', body: 'whole' });
      return status < 300;
    });
    expect(await gateway.store.find(cidOf(Buffer.from('whole')))).toMatchObject({ bytes: 5 });
  });
});

describe('a revoked certificate', () => {
  const enrolment = {
    name: 'agent-1',
    role: 'agent',
    unit: '',
    publicKey: '',
    notBefore: 0,
    notAfter: 9,
    at: 1,
  } as const;
  const told = { ...enrolment, organisation: 'navy', certificate: 'lost' };

  test('is refused at the next request, and the streams it opened end', async () => {
    await start();
    gateway.ledger.append('one', [event('certificate.enrolled', { ...told, pem: '' })]);
    const stream = await fetch(`${gateway.url}/v1/events`, as('lost'));
    expect((await ask(`${gateway.url}/v1/jobs`, undefined, as('lost'))).status).toBe(200);
    const revoked = { at: 77, by: 'navy/officer', reason: 'lost' };
    gateway.ledger.append('two', [event('certificate.revoked', { ...told, revoked })]);
    await stream.text(); // resolves once the stream has ended
    const { status, body } = await ask(`${gateway.url}/v1/jobs`, undefined, as('lost'));
    expect([status, body.code, body.details]).toEqual([
      401,
      'ERR_CERTIFICATE_REVOKED',
      { certificate: 'lost', at: 77 },
    ]);
    expect((await ask(`${gateway.url}/v1/jobs`, undefined, as('other'))).status).toBe(200);
  });
});
