// A whole gateway in the test's process: the real application over real HTTP, real SQLite files and artefact folder, on a
// ledger in memory.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { seal, type Act, type Claims } from '@muster/protocol';
import { createApp } from '../src/app.ts';
import { ArtefactFetcher, type Sibling } from '../src/artefacts/siblings.ts';
import { ArtefactStore } from '../src/artefacts/store.ts';
import { defaults, type Limits } from '../src/config.ts';
import { Meters } from '../src/metrics.ts';
import type { Authenticate } from '../src/middleware/authenticate.ts';
import { Follower } from '../src/projection/follow.ts';
import { Projection } from '../src/projection/projection.ts';
import { Relay } from '../src/relay/relay.ts';
import { storageCheck } from '../src/storage-check.ts';
import { SubmissionStore } from '../src/submissions/store.ts';
import { MemoryLedger } from './memory-ledger.ts';

export const log = pino({ level: 'silent' });

export interface HarnessOptions {
  readonly ledger?: MemoryLedger;
  readonly folder?: string;
  readonly limits?: Partial<Limits>;
  readonly siblings?: readonly Sibling[];
  readonly authenticate?: Authenticate;
  /** leaves the projection where it is */
  readonly follow?: boolean;
}

export interface Harness {
  readonly url: string;
  readonly folder: string;
  readonly ledger: MemoryLedger;
  readonly relay: Relay;
  readonly submissions: SubmissionStore;
  readonly projection: Projection;
  readonly store: ArtefactStore;
  readonly app: ReturnType<typeof createApp>;
  /** Stops the gateway as SIGTERM does; its folder stays. */
  readonly stop: () => Promise<void>;
}

/** Starts a gateway. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { ledger = new MemoryLedger(), siblings = [], authenticate = () => 'tester', follow = true } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'muster-gateway-'));
  const limits = { ...defaults.limits, ...options.limits };
  const meters = new Meters();
  const submissions = new SubmissionStore(join(folder, 'submissions.sqlite'), limits.idempotencyKeys);
  const projection = new Projection(join(folder, 'projection.sqlite'));
  const store = new ArtefactStore(join(folder, 'artefacts'), limits.artefactBytes);
  const fetcher = new ArtefactFetcher(store, siblings, log);
  const follower = new Follower(ledger, projection, meters, log);
  const { coalesce } = defaults;
  const relay = new Relay({ ledger, organisations: () => [], store: submissions, limits, coalesce, meters, log });
  const stopping = new AbortController();
  const app = createApp({
    organisation: 'navy',
    authenticate,
    ledger,
    relay,
    submissions,
    projection,
    store,
    fetcher,
    checks: { projection: () => Promise.resolve(follower.failure), storage: storageCheck(folder) },
    meters,
    limits,
    log,
    stopping: stopping.signal,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  if (follow) follower.start();
  const resumed = relay.resume();
  const stop = async (): Promise<void> => {
    stopping.abort();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await relay.close(5_000);
    await resumed;
    await follower.close();
    await fetcher.close();
    submissions.close();
    projection.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, folder, ledger, relay, submissions, projection, store, app, stop };
}

/** Stops a gateway and forgets its files. */
export async function discard({ stop, folder }: Harness): Promise<void> {
  await stop();
  rmSync(folder, { recursive: true, force: true });
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const DIGEST = `sha256:${'0'.repeat(64)}`;
export const JOB = '0123456789abcdef0123456789abcdef';

/** A sealed envelope of an act. */
export function sealed(act: Act, claims: Claims): string {
  return seal(act, { v: 1, iat: 1, by: 'navy/agent-1', ...claims }, { certificate: 'x'.repeat(43), privateKey });
}

/** A sealed update of some agent, told apart by its examples. */
export function updateEnvelope(examples: number, claims: Claims = {}): string {
  const artefact = { cid: `bafkrei${'a'.repeat(52)}`, digest: DIGEST, size: 1 };
  return sealed('round.update', {
    job: JOB,
    round: 1,
    base: DIGEST,
    update: artefact,
    examples,
    dataset: { root: DIGEST, size: examples },
    metrics: { lossMicro: 1 },
    privacy: { mechanism: 'none' },
    ...claims,
  });
}

/** An answer of the gateway, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Asks a gateway; an object is sent as JSON. */
export async function ask(url: string, body?: unknown, init: RequestInit = {}): Promise<Answer> {
  const sent =
    body === undefined
      ? init
      : {
          ...init,
          method: init.method ?? 'POST',
          headers: { 'Content-Type': 'application/json', ...(init.headers as Record<string, string> | undefined) },
          body: JSON.stringify(body),
        };
  const response = await fetch(url, sent);
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  const read = (json ? JSON.parse(text) : { text }) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body: read };
}

/** Waits for a condition, with a deadline. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited 60 s for ${what}`);
    await delay(10);
  }
}
