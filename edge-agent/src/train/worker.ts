// The training worker: sessions live here, since the runtime blocks the thread it runs on.
import { isMusterError, MusterError, report, type ErrorReport } from '@muster/protocol';
import { parentPort, workerData } from 'node:worker_threads';
import { openSource, type DataOrigin } from '../data/origin.ts';
import { sampleOf, type Sample } from '../data/sample.ts';
import type { ExampleSource } from '../data/source.ts';
import { Evaluator, type EvaluationResult } from '../evaluate/evaluator.ts';
import type { CheckpointOptions } from './checkpoint.ts';
import type { Parameter } from './graph/index.ts';
import { LocalTrainer, type TrainProgress, type TrainResult } from './local-training.ts';
import type { SeedKey } from './random.ts';
import type { Recipe } from './recipe.ts';

export interface WorkerInput {
  readonly model: Uint8Array;
  readonly recipe: Recipe;
  readonly threads: number;
  /** Memory that examples may take. */
  readonly dataBytes: number;
}

/** Data sets are opened once and named by a number afterwards. */
export interface DataReference {
  readonly number: number;
  /** Where it comes from, when the worker has not been told yet. */
  readonly origin?: DataOrigin;
  /** Numbers of data sets that will not be named again. */
  readonly forget: readonly number[];
}

export type Request =
  | { readonly id: number; readonly kind: 'open' | 'close' }
  | {
      readonly id: number;
      readonly kind: 'train';
      readonly parameters: Map<string, Float32Array>;
      readonly data: DataReference;
      readonly seedKey: SeedKey;
      readonly epochs: number | undefined;
      readonly control: Map<string, Float32Array> | undefined;
      readonly checkpoint: CheckpointOptions | undefined;
    }
  | {
      readonly id: number;
      readonly kind: 'evaluate';
      readonly parameters: Map<string, Float32Array>;
      readonly data: DataReference;
      readonly sample: Sample | undefined;
    };

export type Reply =
  | { readonly id: number; readonly kind: 'progress'; readonly progress: TrainProgress }
  | { readonly id: number; readonly kind: 'done'; readonly result: WorkerResult }
  | { readonly id: number; readonly kind: 'failed'; readonly error: ErrorReport };

export type WorkerResult = readonly Parameter[] | TrainResult | EvaluationResult | undefined;

const { model, recipe, threads, dataBytes } = workerData as WorkerInput;
const dataSets = new Map<number, { readonly origin: DataOrigin; source?: ExampleSource }>();
let trainer: LocalTrainer | undefined;
let evaluator: Evaluator | undefined;

async function held({ number, origin, forget }: DataReference): Promise<ExampleSource> {
  for (const each of forget) {
    await dataSets.get(each)?.source?.close();
    dataSets.delete(each);
  }
  if (origin !== undefined) dataSets.set(number, { origin });
  const found = dataSets.get(number);
  if (found === undefined) throw new TypeError(`data set ${number} was never named`);
  // one that could not be opened is tried again when it comes up again
  found.source ??= await openSource(found.origin);
  return found.source;
}

/** The sample read last: scoring a round reads the same one many times. */
let sampled: { readonly of: ExampleSource; readonly key: string; readonly source: ExampleSource } | undefined;

function sampledFrom(of: ExampleSource, sample: Sample | undefined): ExampleSource {
  if (sample === undefined) return of;
  const key = JSON.stringify(sample);
  if (sampled?.of !== of || sampled.key !== key) sampled = { of, key, source: sampleOf(of, sample) };
  return sampled.source;
}

async function close(): Promise<void> {
  const closing = Array.from(dataSets.values(), ({ source }) => source?.close());
  await Promise.all([trainer?.close(), evaluator?.close(), ...closing]);
}

async function answer(request: Request): Promise<WorkerResult> {
  switch (request.kind) {
    case 'open':
      trainer = await LocalTrainer.open(model, recipe, threads, dataBytes);
      return trainer.parameters;
    case 'train': {
      if (trainer === undefined) throw new TypeError('the trainer is not open');
      const { id, parameters, seedKey, epochs, control, checkpoint } = request;
      const onProgress = (progress: TrainProgress): void => send({ id, kind: 'progress', progress });
      const data = await held(request.data);
      return await trainer.train({
        parameters,
        data,
        seedKey,
        epochs,
        control,
        onProgress,
        ...(checkpoint && { checkpoint }),
      });
    }
    case 'evaluate':
      evaluator ??= await Evaluator.open(model, recipe, threads, dataBytes);
      return await evaluator.evaluate(request.parameters, sampledFrom(await held(request.data), request.sample));
    case 'close':
      await close();
      return undefined;
  }
}

function send(reply: Reply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, transfer);
}

/** What was trained is handed over, not copied. */
function buffersOf(result: WorkerResult): ArrayBuffer[] {
  if (result === undefined || !('steps' in result)) return [];
  return Array.from(result.parameters.values(), ({ buffer }) => buffer as ArrayBuffer);
}

async function handle(request: Request): Promise<void> {
  try {
    const result = await answer(request);
    send({ id: request.id, kind: 'done', result }, buffersOf(result));
    if (request.kind === 'close') parentPort?.close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const told = isMusterError(error) ? error : new MusterError('ERR_TRAINER_FAILED', { reason });
    send({ id: request.id, kind: 'failed', error: report(told) });
  }
}

// One request after the other: a session's runs must not interleave with its release.
let queue: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: Request) => {
  queue = queue.then(() => handle(request));
});
