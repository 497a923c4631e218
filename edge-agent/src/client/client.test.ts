// The client against a real HTTPS server with mutual TLS on loopback.

import { cidOf, MusterError, report } from '@muster/protocol';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createTestCa, type TestCa, type TestIdentity } from '../../../test/support/test-ca.ts';
import { createFailoverTransport } from './failover-transport.ts';
import { readRows } from './event-stream.ts';
import type { EventRow, Gateway } from './gateway.ts';
import { recordEnvelope } from './record-act.ts';
import { createHttpsTransport } from './https-transport.ts';
import { createGateway } from './rest-gateway.ts';
import type { Transport } from './transport.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

let ca: TestCa;
let serverIdentity: TestIdentity;
let agent: TestIdentity;
const servers: Server[] = [];
const clients: Gateway[] = [];
/** common names of the client certificates presented */
const callers: string[] = [];

beforeAll(async () => {
  const years = { notBefore: Date.UTC(2020, 0, 1), notAfter: Date.UTC(2100, 0, 1) };
  ca = await createTestCa('army');
  serverIdentity = await ca.issue({ name: 'localhost', attributes: null, ...years });
  agent = await ca.issue({ name: 'agent-1', role: 'agent', ...years });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: Handler): Promise<string> {
  const key = serverIdentity.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const tls = { key, cert: serverIdentity.certificate, ca: ca.root, requestCert: true, rejectUnauthorized: true };
  const server = createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handler(request, response, Buffer.concat(chunks)));
  });
  callers.length = 0;
  server.on('secureConnection', (socket) => callers.push(String(socket.getPeerCertificate().subject.CN)));
  server.listen(0, 'localhost');
  await once(server, 'listening');
  servers.push(server);
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

function transportTo(url: string): Transport {
  const identity = { certificatePem: agent.certificate, privateKey: agent.privateKey };
  return createHttpsTransport({ organisation: 'army', url, tlsRoot: ca.root }, identity);
}

function clientOf(...urls: string[]): Gateway {
  const client = createGateway(createFailoverTransport(urls.map(transportTo)));
  clients.push(client);
  return client;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(JSON.stringify(body));
}

const DOWN = 'https://localhost:1';

describe('calls', () => {
  test('are made with the enrolment certificate, and an envelope is handed in on its act’s route', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response, body) => {
      seen.push(request.method, request.url, JSON.parse(body.toString()));
      sendJson(response, 200, { submission: { jti: 'j', act: 'round.update', status: 'recorded' } });
    });
    const submission = await clientOf(url).submit('round.update', 'a.b.c', 500);
    expect(submission.status).toBe('recorded');
    expect(callers).toEqual(['agent-1']);
    expect(seen).toEqual(['POST', '/v1/updates?wait=500', { envelope: 'a.b.c' }]);
  });

  test('go to the next gateway where one took them and did nothing, artefacts with them', async () => {
    const asked: string[] = [];
    const gatewayOf = (name: string, answer: object): Promise<string> =>
      serve((request, response) => {
        asked.push(`${name} ${request.method!}`);
        // the first says that it has everything
        sendJson(response, request.method === 'HEAD' && name === 'second' ? 404 : 200, answer);
      });
    const submissionOf = (more: object): object => ({ submission: { jti: 'j', act: 'round.update', ...more } });
    const first = await gatewayOf('first', submissionOf({ status: 'pending' }));
    const receipt = { jti: 'j', by: 'army/agent-1', at: 1, transaction: 't' };
    const second = await gatewayOf('second', submissionOf({ status: 'recorded', receipt }));
    const client = clientOf(first, second);
    expect(await recordEnvelope(client, 'round.update', 'a.b.c')).toEqual(receipt);
    expect(asked.splice(0)).toEqual(['first POST', 'second POST']);
    await client.putArtefact(Buffer.from('update'), 1);
    expect(asked).toEqual(['second HEAD', 'second PUT']);
  });

  test('throw the error of a problem document with its details', async () => {
    const late = report(new MusterError('ERR_ROUND_LATE', { job: 'j', round: 1, at: 2, until: 1 }));
    const url = await serve((_, response) => sendJson(response, 409, { type: 'urn:x', title: 't', ...late }));
    const call = clientOf(url).job('j');
    await expect(call).rejects.toMatchObject({ code: 'ERR_ROUND_LATE', details: { until: 1 } });
  });

  test('call an answer that no gateway gives unreachable', async () => {
    const url = await serve((_, response) => response.writeHead(502).end('<html>Bad gateway</html>'));
    await expect(clientOf(url).job('j')).rejects.toMatchObject({ code: 'ERR_GATEWAY_UNREACHABLE' });
  });

  test('read a list to its last page', async () => {
    const url = await serve((request, response) => {
      const cursor = new URL(request.url ?? '', 'https://x').searchParams.get('cursor');
      sendJson(response, 200, cursor === null ? { items: [{ job: 'a' }], next: 'n' } : { items: [{ job: 'b' }] });
    });
    expect(await clientOf(url).jobs()).toEqual([{ job: 'a' }, { job: 'b' }]);
  });

  test('go on to the next gateway when one is down, and fail when all are', async () => {
    const url = await serve((_, response) => sendJson(response, 200, { items: [] }));
    expect(await clientOf(DOWN, url).jobs()).toEqual([]);
    await expect(clientOf(DOWN, DOWN).jobs()).rejects.toMatchObject({ code: 'ERR_GATEWAY_UNREACHABLE' });
  });

  test('do not go on to the next gateway with what the law refuses', async () => {
    let asked = 0;
    const unknown = report(new MusterError('ERR_JOB_UNKNOWN', { job: 'j' }));
    const first = await serve((_, response) => sendJson(response, 404, unknown));
    const second = await serve((_, response) => {
      asked++;
      sendJson(response, 200, {});
    });
    await expect(clientOf(first, second).job('j')).rejects.toMatchObject({ code: 'ERR_JOB_UNKNOWN' });
    expect(asked).toBe(0);
  });

  test('a server of another authority is no gateway', async () => {
    const other = await createTestCa('other');
    const url = await serve((_, response) => sendJson(response, 200, { items: [] }));
    const identity = { certificatePem: agent.certificate, privateKey: agent.privateKey };
    const client = createGateway(createHttpsTransport({ organisation: 'army', url, tlsRoot: other.root }, identity));
    clients.push(client);
    await expect(client.jobs()).rejects.toMatchObject({ code: 'ERR_GATEWAY_UNREACHABLE' });
  });
});

describe('artefacts', () => {
  const bytes = new TextEncoder().encode('an update');
  const cid = cidOf(bytes);

  test('are sent only when the store lacks them', async () => {
    const methods: string[] = [];
    const held = new Set<string>();
    const url = await serve((request, response, body) => {
      methods.push(request.method ?? '');
      if (request.method === 'PUT') held.add(cidOf(body));
      const status = request.method === 'PUT' ? 201 : held.has(cid) ? 200 : 404;
      response.writeHead(status).end();
    });
    const client = clientOf(url);
    expect(await client.putArtefact(bytes)).toMatchObject({ cid, size: bytes.length });
    await client.putArtefact(bytes);
    expect(methods).toEqual(['HEAD', 'PUT', 'HEAD']);
    expect(held).toEqual(new Set([cid]));
  });

  test('are taken from another gateway when one lies about them', async () => {
    const liar = await serve((_, response) => response.end('something else'));
    const honest = await serve((_, response) => response.end(bytes));
    expect(await clientOf(liar, honest).getArtefact(cid)).toEqual(bytes);
    await expect(clientOf(liar).getArtefact(cid)).rejects.toMatchObject({ code: 'ERR_ARTEFACT_MISMATCH' });
  });
});

describe('events', () => {
  const row = (id: string): EventRow =>
    ({ id, type: 'round.opened', data: {}, block: 1, transaction: 'ab', at: 1 }) as EventRow;
  const frame = (id: string): string => `id: ${id}\nevent: round.opened\ndata: ${JSON.stringify(row(id))}\n\n`;

  test('go on after the last one seen when the stream breaks', async () => {
    const asked: unknown[] = [];
    let connections = 0;
    const url = await serve((request, response) => {
      asked.push([request.url, request.headers['last-event-id']]);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (connections++ === 0) {
        response.write(`: heartbeat\n\n${frame('1.0.0')}${frame('2.0.0')}`);
        response.write('id: 3.0.0\ndata: {"cut'); // half an event, then the server dies
        setImmediate(() => response.destroy());
      } else response.write(frame('3.0.0'));
    });
    const stop = new AbortController();
    const ids: string[] = [];
    let connected = 0;
    const options = { types: ['round.opened'], signal: stop.signal, onConnected: () => connected++ } as const;
    for await (const { id } of clientOf(url).follow(options)) {
      ids.push(id);
      if (ids.length === 3) stop.abort();
    }
    expect(ids).toEqual(['1.0.0', '2.0.0', '3.0.0']);
    expect(asked).toEqual([
      ['/v1/events?types=round.opened', undefined],
      ['/v1/events?types=round.opened', '2.0.0'],
    ]);
    expect(connected).toBe(2);
  });

  test.each([
    ['are no JSON', 'data: {\n\n'],
    ['are no rows', 'data: {"id":"1"}\n\n'],
    ['do not end', `data: ${'x'.repeat(2 * 1024 * 1024)}`],
  ])('that %s are refused by code', async (_title, text) => {
    const body = Array.from({ length: Math.ceil(text.length / 65_536) }, (_, i) =>
      Buffer.from(text.slice(65_536 * i, 65_536 * (i + 1))),
    );
    const read = async (): Promise<void> => {
      for await (const event of readRows(Readable.from(body))) expect(event).toBeUndefined();
    };
    await expect(read()).rejects.toMatchObject({ code: 'ERR_DOCUMENT_INVALID' });
  });

  test('go on at another gateway', async () => {
    const dying = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame('1.0.0'));
      servers[0]?.close();
      setTimeout(() => response.destroy(), 20);
    });
    const asked: unknown[] = [];
    const other = await serve((request, response) => {
      asked.push(request.headers['last-event-id']);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame('2.0.0'));
    });
    const stop = new AbortController();
    const ids: string[] = [];
    for await (const { id } of clientOf(dying, other).follow({ signal: stop.signal })) {
      ids.push(id);
      if (ids.length === 2) stop.abort();
    }
    expect(ids).toEqual(['1.0.0', '2.0.0']);
    expect(asked).toEqual(['1.0.0']);
  });
});
