// The gateway as a whole: its parts, started in their order and stopped in the opposite one.

import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { isMusterError } from '@muster/protocol';
import { createApp } from './app.ts';
import { ArtefactFetcher, connectSibling } from './artefacts/siblings.ts';
import { ArtefactStore } from './artefacts/store.ts';
import { within } from './clock.ts';
import type { Config } from './config.ts';
import { CheckpointStore } from './forks/checkpoint-store.ts';
import { ForkWatch } from './forks/fork-watch.ts';
import { witnessOf } from './forks/witness.ts';
import { Meters } from './metrics.ts';
import { byCertificate } from './middleware/authenticate.ts';
import type { Ledger } from './ports.ts';
import { Follower } from './projection/follow.ts';
import { Projection } from './projection/projection.ts';
import { Reads } from './projection/reads.ts';
import { Relay } from './relay/relay.ts';
import type { Check } from './routes/health.ts';
import { askSkew } from './skew/ask-time.ts';
import { ClockWatch } from './skew/clock-watch.ts';
import { storageCheck } from './storage-check.ts';
import { SubmissionStore } from './submissions/store.ts';

/** A gateway that listens. */
export interface RunningGateway {
  readonly port: number;
  /** Answers what is in flight, ends the streams, stores what is not done. */
  readonly stop: () => Promise<void>;
}

const GRACE_MS = 5_000;
const LEDGER_CHECK_MS = 2_000;
const HANDSHAKE_MS = 10_000;
const HEADERS_MS = 15_000;
const SILENT_MS = 120_000;
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
const PRUNE_MS = 60 * 1000;

const text = (path: string): string => readFileSync(path, 'utf8');

/** The peer answers: whether with a value or a refusal does not matter. */
function ledgerCheck(ledger: Ledger, organisation: string): Check {
  const ask = async (): Promise<string> => {
    try {
      await ledger.evaluate({ function: 'consortium:organisation', args: [organisation] });
      return 'ok';
    } catch (error) {
      if (isMusterError(error) && error.family === 'refused' && error.code !== 'ERR_LEDGER_REFUSED') return 'ok';
      return error instanceof Error ? error.message : String(error);
    }
  };
  return async () => {
    const state = await within(ask(), LEDGER_CHECK_MS);
    return state === 'ok' ? undefined : (state ?? `no answer within ${LEDGER_CHECK_MS} ms`);
  };
}

async function listen(server: Server, { host, port }: Config['listen']): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening'); // rejects where the server tells of an error first
  return (server.address() as AddressInfo).port;
}

/**
 * Bounds what strangers and slow senders can hold. Bodies have deadlines of their own (admission.ts): an artefact over a thin
 * link takes as long as it takes, so a request as a whole has none.
 */
function protect(server: Server, { connections }: Config['limits']): void {
  server.requestTimeout = 0;
  server.headersTimeout = HEADERS_MS;
  server.maxConnections = connections;
  // nothing in either direction: event streams have a heartbeat, and answers that wait come earlier
  server.timeout = SILENT_MS;
}

async function shut(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await within(closed, GRACE_MS);
  server.closeAllConnections();
}

/** Starts a gateway on a ledger. */
export async function startGateway(config: Config, ledger: Ledger, log: Logger): Promise<RunningGateway> {
  const { organisation, limits, coalesce } = config;
  const stopping = new AbortController();
  const meters = new Meters().watchProcess();
  const submissions = new SubmissionStore(join(config.state, 'submissions.sqlite'), limits.idempotencyKeys);
  const projection = new Projection(join(config.state, 'projection.sqlite'));
  const store = new ArtefactStore(join(config.state, 'artefacts'), limits.artefactBytes);
  const identity = { cert: text(config.identity.cert), key: text(config.identity.key) };
  const siblings = config.siblings.map((sibling) =>
    connectSibling(sibling.organisation, sibling.url, { ...identity, ca: text(sibling.tlsRoot) }),
  );
  const fetcher = new ArtefactFetcher(store, siblings, log);
  const checkpoints = new CheckpointStore(join(config.state, 'checkpoints.sqlite'));
  const reads = new Reads(projection.database);
  const forks = new ForkWatch({
    organisation,
    channel: config.channel,
    identity: { privateKey: createPrivateKey(identity.key), certificate: identity.cert },
    witnesses: siblings.map(witnessOf),
    rootsOf: (name) => reads.organisations().items.find((known) => known.organisation === name)?.roots ?? [],
    store: checkpoints,
    meters,
    log,
    ...config.forks,
  });
  const ask = config.siblings.map(
    ({ url, tlsRoot }) =>
      () =>
        askSkew(url, text(tlsRoot)),
  );
  const clock = new ClockWatch({ ask, meters, log });
  const follower = new Follower(ledger, projection, meters, log, (block) => forks.took(block));
  const organisations = (): string[] => reads.organisations().items.map((known) => known.organisation);
  const relay = new Relay({ ledger, organisations, store: submissions, limits, coalesce, meters, log });
  const app = createApp({
    organisation,
    authenticate: byCertificate(config.clientRoots.map(text)),
    ledger,
    relay,
    submissions,
    projection,
    store,
    fetcher,
    checks: {
      // first, since it is why the others fail
      clock: () => Promise.resolve(clock.failure),
      ledger: ledgerCheck(ledger, organisation),
      projection: () => Promise.resolve(follower.failure),
      height: () => Promise.resolve(forks.lag),
      storage: storageCheck(config.state),
    },
    meters,
    limits,
    forks,
    log,
    stopping: stopping.signal,
  });
  const tls = { cert: text(config.tls.cert), key: text(config.tls.key) };
  // who presents no certificate, or a stranger's, is refused by the application, with a problem document
  const server = createServer(
    { ...tls, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS },
    app,
  );
  protect(server, limits);
  const port = await listen(server, config.listen);
  follower.start();
  forks.start();
  clock.start();
  const resumed = relay.resume().catch((error: unknown) => log.error({ err: error }, 'resuming failed'));
  const prune = setInterval(() => submissions.prune(Date.now() - KEPT_MS, limits.settled), PRUNE_MS);
  prune.unref();
  log.info({ port }, 'gateway listens');
  const stop = async (): Promise<void> => {
    stopping.abort();
    clearInterval(prune);
    await shut(server);
    await relay.close(GRACE_MS);
    await within(resumed, GRACE_MS);
    await within(follower.close(), GRACE_MS);
    await within(forks.close(), GRACE_MS);
    await within(clock.close(), GRACE_MS);
    await fetcher.close();
    checkpoints.close();
    submissions.close();
    projection.close();
    log.info('gateway stopped');
  };
  return { port, stop };
}
