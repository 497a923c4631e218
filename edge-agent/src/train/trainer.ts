// The trainer: training and evaluation in a worker thread, so that the event loop never waits for a matrix product.
import { fromReport, MusterError } from '@muster/protocol';
import { Worker } from 'node:worker_threads';
import type { DataOrigin } from '../data/origin.ts';
import type { Sample } from '../data/sample.ts';
import type { EvaluationResult } from '../evaluate/evaluator.ts';
import type { Parameters } from './check-parameters.ts';
import type { CheckpointOptions } from './checkpoint.ts';
import { DATA_BYTES } from './feeding.ts';
import type { Parameter } from './graph/index.ts';
import type { TrainProgress, TrainResult } from './local-training.ts';
import type { SeedKey } from './random.ts';
import type { Recipe } from './recipe.ts';
import type { DataReference, Reply, Request, WorkerInput, WorkerResult } from './worker.ts';

export interface TrainerOptions {
  /** ONNX bytes. */
  readonly model: Uint8Array;
  readonly recipe: Recipe;
  /** Threads of the runtime within one operator; 1 by default, what determinism is promised for. */
  readonly threads?: number | undefined;
  /** Memory that examples may take; a larger data set is read portion by portion. 256 MiB by default. */
  readonly dataBytes?: number | undefined;
}

export interface TrainRequest {
  /** Base values; neither changed nor kept. */
  readonly parameters: Parameters;
  /** Opened in the worker when it first comes up, and kept open there; what is in memory is copied. Must not change afterwards. */
  readonly data: DataOrigin;
  readonly seedKey: SeedKey;
  /** Passes over the data; what the recipe says by default. */
  readonly epochs?: number | undefined;
  /** What is added to each gradient, where the recipe has control variates; neither changed nor kept, 0 by default. */
  readonly control?: Parameters | undefined;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Where the run's state is kept while it goes on; none by default. */
  readonly checkpoint?: CheckpointOptions;
}

export interface EvaluateRequest extends Pick<TrainRequest, 'parameters' | 'data'> {
  /** which examples; all by default */
  readonly sample?: Sample;
}

export interface Trainer {
  /** The model's parameters, in the order that updates follow. */
  readonly parameters: readonly Parameter[];
  readonly recipe: Recipe;
  /**
   * Trains from the given parameters. The same inputs and seed key give the same bits on one machine.
   * @throws MusterError ERR_PARAMETERS_INVALID, ERR_DATA_MALFORMED, ERR_TRAINING_DIVERGED, ERR_TRAINER_FAILED
   */
  readonly train: (request: TrainRequest) => Promise<TrainResult>;
  /** @throws MusterError ERR_PARAMETERS_INVALID, ERR_DATA_MALFORMED, ERR_TRAINER_FAILED */
  readonly evaluate: (request: EvaluateRequest) => Promise<EvaluationResult>;
  /** Ends the worker; what is under way is finished first. May be called again. */
  readonly close: () => Promise<void>;
}

interface Pending {
  readonly resolve: (result: WorkerResult) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: TrainProgress) => void) | undefined;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Data sets the worker holds at once: an agent's own shard, a hold-out, and room for a change of both. */
const HELD = 4;

/** Which data sets the worker holds: each is opened once. */
class HeldData {
  private readonly held: { readonly number: number; readonly origin: DataOrigin }[] = [];
  private count = 0;

  refer(origin: DataOrigin): DataReference {
    const known = this.held.find((each) => each.origin === origin);
    if (known !== undefined) return { number: known.number, forget: [] };
    const number = this.count++;
    this.held.push({ number, origin });
    const forget = this.held.splice(0, this.held.length - HELD).map((each) => each.number);
    return { number, origin, forget };
  }
}

/** The worker behind promises. */
class WorkerCalls {
  private readonly worker: Worker;
  private readonly exited: Promise<void>;
  private readonly pending = new Map<number, Pending>();
  private gone: MusterError | undefined;
  private closing: Promise<void> | undefined;
  private count = 0;

  constructor(input: WorkerInput) {
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: input });
    this.worker.on('message', (reply: Reply) => this.receive(reply));
    this.worker.on('error', (cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.abandon(new MusterError('ERR_TRAINER_FAILED', { reason }, { cause }));
    });
    this.exited = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.abandon(new MusterError('ERR_TRAINER_FAILED', { reason: 'the worker has ended' }));
        resolve();
      });
    });
  }

  call(
    request: WithoutId<Request>,
    { transfer, onProgress }: { transfer?: ArrayBuffer[]; onProgress?: Pending['onProgress'] } = {},
  ): Promise<WorkerResult> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, onProgress });
      this.worker.postMessage({ ...request, id }, transfer ?? []);
    });
  }

  /** What was asked for before is answered first. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    if (this.gone === undefined) await this.call({ kind: 'close' });
    await this.exited;
  }

  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  private receive(reply: Reply): void {
    const call = this.pending.get(reply.id);
    if (call === undefined) return;
    if (reply.kind === 'progress') {
      call.onProgress?.(reply.progress);
      return;
    }
    this.pending.delete(reply.id);
    if (reply.kind === 'done') call.resolve(reply.result);
    else call.reject(fromReport(reply.error));
  }

  private abandon(error: MusterError): void {
    this.gone ??= error;
    for (const { reject } of this.pending.values()) reject(this.gone);
    this.pending.clear();
  }
}

/** The caller keeps its arrays; slices are also free of the file or message they may be views into. */
function copied(parameters: Parameters): [Map<string, Float32Array>, ArrayBuffer[]] {
  const copy = new Map(Array.from(parameters, ([name, values]) => [name, values.slice()]));
  return [copy, Array.from(copy.values(), ({ buffer }) => buffer)];
}

/**
 * Starts a trainer for one model and recipe.
 * @throws MusterError ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED, ERR_TRAINER_FAILED
 */
export async function createTrainer({
  model,
  recipe,
  threads = 1,
  dataBytes = DATA_BYTES,
}: TrainerOptions): Promise<Trainer> {
  const calls = new WorkerCalls({ model, recipe, threads, dataBytes });
  const held = new HeldData();
  let parameters: readonly Parameter[];
  try {
    parameters = (await calls.call({ kind: 'open' })) as readonly Parameter[];
  } catch (error) {
    await calls.terminate();
    throw error;
  }
  return {
    parameters,
    recipe,
    train: async ({ parameters: base, data, seedKey, epochs, control: given, onProgress, checkpoint }) => {
      const [copy, ofParameters] = copied(base);
      const [control, ofControl] = given === undefined ? [undefined, []] : copied(given);
      const run = { parameters: copy, data: held.refer(data), seedKey, epochs, control, checkpoint };
      const transfer = [...ofParameters, ...ofControl];
      return (await calls.call({ kind: 'train', ...run }, { transfer, onProgress })) as TrainResult;
    },
    evaluate: async ({ parameters: values, data, sample }) => {
      const [copy, transfer] = copied(values);
      const request = { kind: 'evaluate', parameters: copy, data: held.refer(data), sample } as const;
      return (await calls.call(request, { transfer })) as EvaluationResult;
    },
    close: () => calls.close(),
  };
}
