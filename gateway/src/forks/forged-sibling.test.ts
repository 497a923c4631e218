// Tests of forks between whole gateways over mutual TLS: one of two serves another ledger than the other saw.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { event, openCheckpoint } from '@muster/protocol';
import { Agent, request } from 'undici';
import { createTestCa, type TestCa, type TestIdentity } from '../../../test/support/test-ca.ts';
import { log, until } from '../../test/harness.ts';
import { MemoryLedger } from '../../test/memory-ledger.ts';
import { configSchema } from '../config.ts';
import { startGateway, type RunningGateway } from '../gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-forged-'));
const running: RunningGateway[] = [];
const dispatchers: Agent[] = [];

interface Party {
  readonly ca: TestCa;
  readonly relay: TestIdentity;
  readonly files: { readonly cert: string; readonly key: string };
  readonly root: string;
}

async function createParty(organisation: string): Promise<Party> {
  const ca = await createTestCa(organisation);
  // the name is the host's, so that one certificate serves both ends of a connection
  const relay = await ca.issue({ name: 'localhost', role: 'relay' });
  const at = join(folder, organisation);
  mkdirSync(at);
  const files = { cert: join(at, 'cert.pem'), key: join(at, 'key.pem') };
  writeFileSync(files.cert, relay.certificate);
  writeFileSync(files.key, relay.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const root = join(at, 'root.pem');
  writeFileSync(root, ca.root);
  return { ca, relay, files, root };
}

/** A ledger of ten blocks that registers both; its tenth block has some hash. */
function ledgerOf(parties: Readonly<Record<string, Party>>, hash: string): MemoryLedger {
  const ledger = new MemoryLedger();
  for (const [organisation, { ca }] of Object.entries(parties)) {
    const state = { v: 1, organisation, roots: [ca.root], registeredBy: `${organisation}/officer`, at: 1 } as const;
    ledger.append(`registers-${organisation}`, [event('organisation.registered', state)]);
  }
  while (ledger.chain.length < 10) ledger.append(`tx-${ledger.chain.length}`, []);
  const digest = (character: string): string => `sha256:${character.repeat(64)}`;
  ledger.chain.push({ number: 10, transactions: [], seen: { hash: digest(hash), commitHash: digest('c') } });
  return ledger;
}

let parties: Record<string, Party>;

async function start(
  organisation: string,
  hash: string,
  siblings: readonly string[],
  port: number,
): Promise<RunningGateway> {
  const { files, root } = parties[organisation]!;
  const config = configSchema.parse({
    organisation,
    listen: { host: 'localhost', port: 0 },
    tls: files,
    clientRoots: Object.values(parties).map((party) => party.root),
    identity: files,
    channel: 'muster',
    chaincode: 'muster',
    peer: { endpoint: 'unused', serverName: 'unused', tlsRoot: root },
    siblings: siblings.map((name) => ({
      organisation: name,
      url: `https://localhost:${port}`,
      tlsRoot: parties[name]!.root,
    })),
    state: join(folder, organisation, 'state'),
    forks: { intervalMs: 100 },
  });
  const gateway = await startGateway(config, ledgerOf(parties, hash), log);
  running.push(gateway);
  return gateway;
}

beforeAll(async () => {
  parties = { army: await createParty('army'), navy: await createParty('navy') };
});

afterAll(async () => {
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.close()));
  await Promise.all(running.map((gateway) => gateway.stop()));
  rmSync(folder, { recursive: true, force: true });
});

test('a sibling that serves another ledger is found out, and its signed word is kept', async () => {
  const forged = await start('army', 'b', [], 0);
  const honest = await start('navy', 'a', ['army'], forged.port);
  const { ca, relay } = parties.navy!;
  const dispatcher = new Agent({
    connect: {
      ca: ca.root,
      cert: relay.certificate,
      key: relay.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    },
  });
  dispatchers.push(dispatcher);
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await (await request(`https://localhost:${honest.port}${path}`, { dispatcher })).body.json()) as Record<
      string,
      unknown
    >;
  const follow = (query: string): ReturnType<typeof request> =>
    request(`https://localhost:${honest.port}/v1/events?since=0.0.0${query}`, { dispatcher });
  const asked = await follow('&types=fork.detected');
  await until('the fork to be found', async () => ((await get('/v1/forks')).items as unknown[]).length > 0);
  const { items } = (await get('/v1/forks')) as { items: { theirs: { envelope: string; certificate: string } }[] };
  expect(openCheckpoint(items[0]!.theirs, [parties.army!.ca.root])).toMatchObject({
    organisation: 'army',
    block: 10,
    hash: `sha256:${'b'.repeat(64)}`,
  });
  expect(await get('/readyz')).toMatchObject({ notice: expect.stringContaining('army states another block 10') });

  const [frame] = await Array.fromAsync(firstOf(asked.body));
  expect(frame).toMatch(/^event: fork.detected\ndata: \{/);
  expect(JSON.parse(frame!.slice(frame!.indexOf('{')))).toEqual({ type: 'fork.detected', data: items[0] });
  // who did not ask for it by name is told of the ledger's events alone
  const [other] = await Array.fromAsync(firstOf((await follow('')).body));
  expect(other).toMatch(/^id: [\d.]+\nevent: organisation.registered\n/);
});

/** The first piece of a stream, which is closed after it. */
async function* firstOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const piece of body) {
    yield Buffer.from(piece).toString('utf8');
    return;
  }
}
