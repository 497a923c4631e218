// Mutual TLS over a real socket: a certificate of the consortium opens /v1, none and a stranger's do not.

import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { createTestCa, type TestCa, type TestIdentity } from '../../../test/support/test-ca.ts';
import { discard, startHarness, type Harness } from '../../test/harness.ts';
import { byCertificate } from './authenticate.ts';

let harness: Harness;
let server: Server;
let navy: TestCa;
let tlsCa: TestCa;
let stranger: TestCa;

const pem = ({ privateKey }: TestIdentity): string => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

beforeAll(async () => {
  [navy, tlsCa, stranger] = (await Promise.all(['navy', 'tls', 'stranger'].map(createTestCa))) as [
    TestCa,
    TestCa,
    TestCa,
  ];
  harness = await startHarness({ authenticate: byCertificate([navy.root]) });
  const own = await tlsCa.issue({ name: 'localhost' });
  const options = { cert: own.certificate, key: pem(own), requestCert: true, rejectUnauthorized: false };
  server = createServer(options, harness.app);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await discard(harness);
});

async function get(path: string, identity?: TestIdentity): Promise<{ status: number; body: Record<string, unknown> }> {
  const own = identity === undefined ? {} : { cert: identity.certificate, key: pem(identity) };
  const dispatcher = new Agent({ connect: { ca: tlsCa.root, ...own } });
  const url = `https://localhost:${(server.address() as AddressInfo).port}${path}`;
  const { statusCode, body } = await request(url, { dispatcher });
  const read = (await body.json()) as Record<string, unknown>;
  await dispatcher.close();
  return { status: statusCode, body: read };
}

test('a certificate of the consortium is let in', async () => {
  const agent = await navy.issue({ name: 'agent-1', role: 'agent' });
  expect(await get('/v1/jobs', agent)).toEqual({ status: 200, body: { items: [] } });
});

test('nobody is let in without a certificate, but health and the API document are open', async () => {
  expect(await get('/v1/jobs')).toMatchObject({ status: 401, body: { code: 'ERR_CLIENT_CERTIFICATE' } });
  expect(await get('/metrics')).toMatchObject({ status: 401 });
  expect(await get('/livez')).toMatchObject({ status: 200 });
  expect(await get('/openapi.json')).toMatchObject({ status: 200 });
});

test('a certificate of another authority is refused', async () => {
  const spy = await stranger.issue({ name: 'agent-1', role: 'agent' });
  expect(await get('/v1/jobs', spy)).toMatchObject({ status: 401, body: { code: 'ERR_CLIENT_CERTIFICATE' } });
});

test('an expired certificate is refused', async () => {
  const old = await navy.issue({ name: 'agent-2', role: 'agent', notAfter: Date.UTC(2026, 0, 2) });
  expect(await get('/v1/jobs', old)).toMatchObject({ status: 401, body: { code: 'ERR_CLIENT_CERTIFICATE' } });
});
