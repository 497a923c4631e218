// Tests of a device's wrong clock, told by gateways whose Date and certificate are of another time.

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createTestCa, type TestCa, type TestIdentity } from '../../../test/support/test-ca.ts';
import { createFailoverTransport, createHttpsTransport, type GatewayAddress } from '../client/index.ts';
import { clockError, watchClock } from './watch-clock.ts';

const MINUTE = 60_000;
const servers: Server[] = [];
let folder: string;
let ca: TestCa;
let agent: TestIdentity;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-clock-'));
  ca = await createTestCa('army');
  agent = await ca.issue({ name: 'agent-1', role: 'agent' });
  await writeFile(join(folder, 'root.pem'), ca.root);
});

afterAll(() => rm(folder, { recursive: true }));

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A gateway whose clock is so far ahead of this one, with a certificate that was issued a while before its now. */
async function gatewayAt(aheadMs: () => number, { authority = ca, age = 5 * MINUTE } = {}): Promise<GatewayAddress> {
  const issuedAt = Math.floor((Date.now() + aheadMs() - age) / 1000) * 1000;
  const identity = await authority.issue({
    name: 'localhost',
    attributes: null,
    notBefore: issuedAt,
    notAfter: issuedAt + 60 * MINUTE,
  });
  const key = identity.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const server = createServer({ key, cert: identity.certificate }, (_request, response) => {
    response.writeHead(200, { date: new Date(Date.now() + aheadMs()).toUTCString() }).end('{"items":[]}');
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  servers.push(server);
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return { organisation: 'army', url, tlsRoot: join(folder, 'root.pem') };
}

const ahead = (minutes: number) => (): number => minutes * MINUTE;

test('a clock that two of three gateways contradict is wrong, by so many seconds', async () => {
  const gateways = await Promise.all([gatewayAt(ahead(20)), gatewayAt(ahead(20)), gatewayAt(ahead(0))]);
  const error = await clockError(gateways);
  expect(error?.code).toBe('ERR_CLOCK_SKEWED');
  expect(Math.abs(error!.details.seconds + 1200)).toBeLessThanOrEqual(2);
  expect(error!.details).toMatchObject({ limit: 60, of: 'most of 3 gateways' });
});

test('a clock that one of three gateways contradicts is not', async () => {
  const gateways = await Promise.all([gatewayAt(ahead(-20)), gatewayAt(ahead(0)), gatewayAt(ahead(0))]);
  expect(await clockError(gateways)).toBeUndefined();
});

test('who has another authority’s certificate has no say', async () => {
  const authority = await createTestCa('other');
  expect(await clockError([await gatewayAt(ahead(20), { authority })])).toBeUndefined();
});

test('it is said in the log once, and again when it is right', async () => {
  let minutes = -20;
  const gateway = await gatewayAt(() => minutes * MINUTE);
  const stop = new AbortController();
  const said: unknown[] = [];
  const log = {
    debug: () => undefined,
    warn: () => undefined,
    error: (fields: object) => {
      said.push(fields);
      minutes = 0;
    },
    info: (_fields: object, text: string) => {
      said.push(text);
      stop.abort();
    },
  };
  await watchClock({ gateways: [gateway], log, signal: stop.signal, intervalMs: 1 });
  expect(said).toMatchObject([{ code: 'ERR_CLOCK_SKEWED', limit: 60 }, 'the clock is right again']);
});

test('a call that fails by the certificate’s time names the skew, where the clock is to blame', async () => {
  const transportTo = ({ url }: GatewayAddress) =>
    createHttpsTransport(
      { organisation: 'army', url, tlsRoot: ca.root },
      { certificatePem: agent.certificate, privateKey: agent.privateKey },
    );
  const ask = { method: 'GET', path: '/v1/jobs' } as const;
  const late = transportTo(await gatewayAt(ahead(20)));
  await expect(late.exchange(ask)).rejects.toMatchObject({
    code: 'ERR_CLOCK_SKEWED',
    message: expect.stringMatching(/the clock here is (1199|120\d) s behind that of the gateway https/) as unknown,
  });
  const expired = transportTo(await gatewayAt(ahead(0), { age: 90 * MINUTE }));
  await expect(expired.exchange(ask)).rejects.toMatchObject({ code: 'ERR_GATEWAY_UNREACHABLE' });
  const good = transportTo(await gatewayAt(ahead(0)));
  const either = createFailoverTransport([late, good]);
  expect((await either.exchange(ask)).status).toBe(200);
  await Promise.all([either.close(), expired.close()]);
});
