// Fetching from siblings of which some are silent, slow or lie.

import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cidOf } from '@muster/protocol';
import { pino } from 'pino';
import { Agent } from 'undici';
import { ArtefactFetcher, type Sibling } from './siblings.ts';
import { ArtefactStore } from './store.ts';

const BYTES = Buffer.alloc(256 * 1024, 'weights');
const CID = cidOf(BYTES);
const SLOW_MS = 1000;

let folder: string;
let store: ArtefactStore;
let asked: string[];
const servers: Server[] = [];
const fetchers: ArtefactFetcher[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-siblings-'));
  store = new ArtefactStore(folder, 1024 ** 3);
  asked = [];
});
afterEach(async () => {
  await Promise.all(fetchers.splice(0).map((fetcher) => fetcher.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(folder, { recursive: true });
});

type Answer = (...exchange: Parameters<RequestListener>) => unknown;

async function sibling(organisation: string, answer: Answer): Promise<Sibling> {
  const server = createServer((request, response) => {
    asked.push(organisation);
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { organisation, url, dispatcher: new Agent() };
}

function fetcherOf(...siblings: readonly Sibling[]): ArtefactFetcher {
  const fetcher = new ArtefactFetcher(store, siblings, pino({ level: 'silent' }), SLOW_MS);
  fetchers.push(fetcher);
  return fetcher;
}

const serves: Answer = (_request, response) => void response.end(BYTES);
const lacks: Answer = (_request, response) => void response.writeHead(404).end();
const lies: Answer = (_request, response) => void response.end('others');
const isSilent: Answer = () => undefined;
/** Begins, and goes on no more. */
const stalls: Answer = (_request, response) => void response.write(BYTES.subarray(0, 1000));
/** A quarter at a time, to the end. */
const comesSlowly: Answer = async (_request, response) => {
  for (let from = 0; from < BYTES.length; from += BYTES.length / 4) {
    response.write(BYTES.subarray(from, from + BYTES.length / 4));
    await delay(SLOW_MS / 3);
  }
  response.end();
};

test.each([
  ['takes the question and never answers', isSilent],
  ['begins and never ends', stalls],
  ['lies', lies],
])('a sibling that %s is not waited for, and is asked last for a while', async (_, answer) => {
  const fetcher = fetcherOf(await sibling('army', answer), await sibling('navy', serves));
  expect(await fetcher.fetch(CID)).toBe(true);
  expect(asked).toEqual(['army', 'navy']);
  const { file } = (await store.find(CID))!;
  rmSync(file);
  expect(await fetcher.fetch(CID)).toBe(true);
  expect(asked).toEqual(['army', 'navy', 'navy']);
});

test('a sibling from which it comes, if slowly, is left alone with it', async () => {
  const fetcher = fetcherOf(await sibling('army', comesSlowly), await sibling('navy', serves));
  expect(await fetcher.fetch(CID)).toBe(true);
  expect(asked).toEqual(['army']);
});

test('a slow sibling that alone has it is waited for', async () => {
  const other = Promise.withResolvers<undefined>();
  const late = await sibling('army', async (request, response) => {
    await other.promise;
    serves(request, response);
  });
  const poor = await sibling('navy', (request, response) => {
    lacks(request, response);
    other.resolve(undefined);
  });
  expect(await fetcherOf(late, poor).fetch(CID)).toBe(true);
  expect(asked).toEqual(['army', 'navy']);
});

test('nobody has what all lack', async () => {
  const fetcher = fetcherOf(await sibling('army', lacks), await sibling('navy', lacks));
  expect(await fetcher.fetch(CID)).toBe(false);
});
