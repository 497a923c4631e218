// Flower beside Muster: its deployment runtime (SuperLink and a SuperNode per client, each app in a subprocess, which is
// its default) training the same model on the same files, on loopback, and what its rounds took.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mnistFolder } from '../edge-agent/src/data/index.ts';
import { createProgress, type Progress } from '../network/src/progress.ts';
import { findFreeBase } from '../network/src/supervise/ports.ts';
import { waitUntil } from '../network/src/wait-until.ts';
import { ensureFlower } from './flower-environment.ts';
import { createFlowerProcesses, type FlowerProcesses } from './flower-processes.ts';
import { collectRounds, type FlowerRound, requireRunning } from './flower-rounds.ts';

export interface FlowerOptions {
  /** A folder per client with `images.idx` and `labels.idx`, or one that holds them as `client-<n>` for n from 0. */
  readonly data: string | readonly string[];
  readonly clients: number;
  readonly rounds: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Threads of PyTorch in each client. 1 by default: with more clients than cores, more only fight (Flower's favour). */
  readonly threads?: number;
  readonly seed?: number;
  /** Images and labels the server evaluates on; MNIST's 10,000 by default. */
  readonly test?: { readonly images: string; readonly labels: string };
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** What the rounds took, each list in order of the rounds. */
export interface FlowerResult {
  /** Wall time from sending the model out to its successor's evaluation, measured in the server app. */
  readonly secondsPerRound: readonly number[];
  /** Of it, the time in which at least one client was in its training loop. */
  readonly trainingSecondsPerRound: readonly number[];
  /** How long each client was in its training loop, clients in order. */
  readonly trainingSecondsPerClient: readonly (readonly number[])[];
  readonly evaluationSecondsPerRound: readonly number[];
  /** On the test images, 0 … 1. */
  readonly accuracy: readonly number[];
  readonly loss: readonly number[];
  readonly versions: Readonly<Record<string, string>>;
}

const HOST = '127.0.0.1';
const APP = fileURLToPath(new URL('peers/flower', import.meta.url));
const START_SECONDS = 60;
const POLL_MS = 200;
const SUPERLINK = 'superlink';
const RUN = 'run';

/**
 * Stands Flower up, runs so many rounds of FedAvg with all clients, one local epoch each, and tears it down, also when
 * it fails or is aborted.
 * @throws MusterError ERR_TOOL_FAILED (installation), ERR_NODE_FAILED (a process of Flower, with the end of its log),
 * ERR_WAIT_EXPIRED, ERR_PORT_BUSY
 */
export async function runFlower(options: FlowerOptions): Promise<FlowerResult> {
  const { progress = createProgress('silent'), signal = new AbortController().signal } = options;
  const { bin, versions } = await progress.step('Flower: environment', (note) => ensureFlower(note, signal));
  const folder = await mkdtemp(join(tmpdir(), 'muster-flower-'));
  try {
    const processes = createFlowerProcesses(folder, await environment(folder, bin));
    try {
      const nodes = await progress.step('Flower: SuperLink and SuperNodes', () =>
        startNodes(processes, options, folder),
      );
      const rounds = await progress.step('Flower: rounds', async (note) => {
        processes.start(RUN, 'flwr', ['run', APP, '--stream', '--run-config', runConfig(options, folder)]);
        const told = (round: FlowerRound): void =>
          note(
            `${round.round} of ${options.rounds}: ${round.seconds.toFixed(1)} s, accuracy ${round.accuracy.toFixed(4)}`,
          );
        return collectRounds({
          processes,
          nodes,
          run: RUN,
          wanted: options.rounds,
          results: resultsFile(folder),
          told,
          signal,
        });
      });
      return { ...columns(rounds), versions };
    } finally {
      await progress.step('Flower: ending', () => processes.stopAll());
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function resultsFile(folder: string): string {
  return join(folder, 'rounds.jsonl');
}

/** Flower's home lies in the run's folder: nothing of the user's is read or written, nothing is sent to anyone. */
async function environment(folder: string, bin: string): Promise<NodeJS.ProcessEnv> {
  const home = join(folder, 'home');
  await mkdir(home);
  return {
    ...process.env,
    // SuperLink and SuperNode call their helpers by name.
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
    FLWR_HOME: home,
    FLWR_TELEMETRY_ENABLED: '0',
    FLWR_DISABLE_UPDATE_CHECK: '1',
    PYTHONUNBUFFERED: '1',
  };
}

async function startNodes(processes: FlowerProcesses, options: FlowerOptions, folder: string): Promise<string[]> {
  const { clients, data, signal } = options;
  const port = await findFreeBase(HOST, 1 + clients);
  const superlink = `${HOST}:${port}`;
  const config = `[superlink]\ndefault = "bench"\n\n[superlink.bench]\naddress = "${superlink}"\ninsecure = true\n`;
  await writeFile(join(folder, 'home', 'config.toml'), config);
  // No TLS, nothing on disk, no installation per run: all in Flower's favour.
  const plain = ['--insecure', '--host', HOST];
  const own = ['--port', String(port), '--disable-runtime-dependency-installation'];
  processes.start(SUPERLINK, 'flower-superlink', [...plain, ...own]);
  await waitUntil({ waitedFor: 'the SuperLink to answer', seconds: START_SECONDS, pollMs: POLL_MS }, async () => {
    await requireRunning(processes, [SUPERLINK], signal);
    const response = await fetch(`http://${superlink}/health`);
    if (!response.ok) throw new Error(`answered ${response.status}`);
  });
  const nodes = Array.from({ length: clients }, (_, client) => {
    const name = `supernode-${client}`;
    const own = typeof data === 'string' ? join(data, `client-${client}`) : (data[client] ?? '');
    const nodeConfig = `partition-id=${client} folder=${JSON.stringify(resolve(own))}`;
    const ports = ['--superlink', superlink, '--port', String(port + 1 + client)];
    processes.start(name, 'flower-supernode', [...plain, ...ports, '--node-config', nodeConfig]);
    return name;
  });
  return [SUPERLINK, ...nodes];
}

function runConfig(options: FlowerOptions, folder: string): string {
  const { clients, rounds, batchSize, learningRate, threads = 1, seed = 1 } = options;
  const test = options.test ?? {
    images: join(mnistFolder(), 't10k-images-idx3-ubyte'),
    labels: join(mnistFolder(), 't10k-labels-idx1-ubyte'),
  };
  const values = {
    clients,
    rounds,
    'batch-size': batchSize,
    threads,
    seed,
    'test-images': resolve(test.images),
    'test-labels': resolve(test.labels),
    results: resultsFile(folder),
  };
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  // TOML tells floats from integers by the point, and Flower holds on to the type of the default.
  return [...pairs, `learning-rate=${Number.isInteger(learningRate) ? `${learningRate}.0` : learningRate}`].join(' ');
}

function columns(rounds: readonly FlowerRound[]): Omit<FlowerResult, 'versions'> {
  return {
    secondsPerRound: rounds.map(({ seconds }) => seconds),
    trainingSecondsPerRound: rounds.map(({ trainingSeconds }) => trainingSeconds),
    trainingSecondsPerClient: rounds.map(({ trainingSecondsPerClient }) => trainingSecondsPerClient),
    evaluationSecondsPerRound: rounds.map(({ evaluationSeconds }) => evaluationSeconds),
    accuracy: rounds.map(({ accuracy }) => accuracy),
    loss: rounds.map(({ loss }) => loss),
  };
}
