// Local training of one round: epochs of SGD steps over an agent's own examples, in one session, on the calling thread.
import type { ExampleSource } from '../data/source.ts';
import { checkData } from './check-data.ts';
import { readCheckpoint, writeCheckpoint, type CheckpointOptions, type Found } from './checkpoint.ts';
import { checkFinite, checkParameters, type Parameters } from './check-parameters.ts';
import { DATA_BYTES, portions, type Portion, type Run } from './feeding.ts';
import { sizeOf, type Parameter, type Specialised } from './graph/index.ts';
import { dropoutSeed, epochOrder, type SeedKey } from './random.ts';
import type { Recipe } from './recipe.ts';
import { extentOf } from './run-extent.ts';
import type { Head } from './loss/index.ts';
import { learningRateAt, ratesAt, type OptimiserPlan, type StepPlace } from './optimiser/index.ts';
import { openSession, tensor, type Session, type SessionTensor } from './session.ts';
import { STEP } from './step-names.ts';
import { deriveTrainStep, drawsIn, type TrainStep } from './train-step.ts';

export interface TrainProgress {
  /** From 1. */
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  /** Mean loss over the steps since the last report. */
  readonly loss: number;
}

export interface LocalTraining {
  /** Base values; the arrays are used as working memory and change. */
  readonly parameters: Parameters;
  readonly data: ExampleSource;
  readonly seedKey: SeedKey;
  /** Passes over the data; what the recipe says by default. */
  readonly epochs?: number | undefined;
  /** What is added to each gradient of the parameters that have one, where the recipe has control variates; 0 by default. */
  readonly control?: Parameters | undefined;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Where the run's state is kept while it goes on, so that a killed process goes on where it was. */
  readonly checkpoint?: CheckpointOptions;
}

export interface TrainResult {
  readonly parameters: Map<string, Float32Array>;
  /** Mean loss over the examples of the last epoch that were taken, each before the step it took part in. */
  readonly loss: number;
  readonly steps: number;
  readonly seconds: number;
  /** Steps that were taken by an earlier process, from its checkpoint; they count among `steps`. */
  readonly resumed: number;
  /** Why a checkpoint that was there was not used. */
  readonly ignored?: string;
}

type Tensors = Record<string, SessionTensor>;

/** The local run that steps belong to: how many there are, and its round from 0. */
type Whole = Omit<StepPlace, 'step'>;

const statesOf = (tensors: Tensors): Map<string, Float32Array> =>
  new Map(Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]));

/** Puts a checkpoint's values, where there is a good one, in place. */
function resume(
  options: CheckpointOptions,
  current: Tensors,
  place: { epoch: number; step: number; lossSum: number },
): Found {
  const states = statesOf(current);
  const found = readCheckpoint(options, new Map(Array.from(states, ([name, { length }]) => [name, length])));
  if (found.kind !== 'found') return found;
  const { states: saved, epoch, step, lossSum } = found.checkpoint;
  for (const [name, values] of saved) states.get(name)?.set(values);
  Object.assign(place, { epoch, step, lossSum });
  return found;
}

export class LocalTrainer {
  readonly parameters: readonly Parameter[];
  private readonly forward: Specialised;
  private readonly head: Head;
  private readonly plan: OptimiserPlan;
  private readonly recipe: Recipe;
  private readonly session: Session;
  private readonly dataBytes: number;

  private constructor({ forward, head, plan }: TrainStep, recipe: Recipe, session: Session, dataBytes: number) {
    this.parameters = forward.parameters;
    this.forward = forward;
    this.head = head;
    this.plan = plan;
    this.recipe = recipe;
    this.session = session;
    this.dataBytes = dataBytes;
  }

  /**
   * @param dataBytes memory that examples may take
   * @throws MusterError ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED
   */
  static async open(
    model: Uint8Array,
    recipe: Recipe,
    threads: number,
    dataBytes: number = DATA_BYTES,
  ): Promise<LocalTrainer> {
    const step = deriveTrainStep(model, recipe);
    return new LocalTrainer(step, recipe, await openSession(step.bytes, threads), dataBytes);
  }

  /**
   * Trains. The same parameters, data and seed key give the same bits on one machine, in one go or resumed.
   * @throws MusterError ERR_PARAMETERS_INVALID, ERR_DATA_MALFORMED, ERR_TRAINING_DIVERGED
   */
  async train(training: LocalTraining): Promise<TrainResult> {
    const { parameters, data, seedKey, onProgress, checkpoint } = training;
    checkParameters(this.parameters, parameters);
    checkData(this.forward.input, this.head.target, data);
    const started = performance.now();
    const { batchSize, stepsPerRun } = this.recipe;
    const { perEpoch, steps, epochs, taken } = extentOf(this.recipe, data.examples, training.epochs);
    const feeding = { batchSize, stepsPerRun, bytes: this.dataBytes };
    const whole = { steps, round: seedKey.round - 1 };
    const common = this.commonFeeds(training, whole);
    // Two sets of state take turns: a tensor that is both fed and fetched silently gives wrong results.
    let [current, next] = this.states(parameters);
    const place = { epoch: 1, step: 0, lossSum: 0 };
    const found = checkpoint === undefined ? undefined : resume(checkpoint, current, place);
    const resumed = (place.epoch - 1) * perEpoch + place.step;
    let savedAt = performance.now();
    for (; place.epoch <= epochs; Object.assign(place, { epoch: place.epoch + 1, step: 0 })) {
      const { epoch } = place;
      if (place.step === 0) place.lossSum = 0;
      const order = epochOrder(seedKey, epoch, data.examples).subarray(0, taken(epoch));
      for await (const portion of portions(data, order, feeding, place.step)) {
        const feeds = { ...common, ...this.dataFeeds(data, portion) };
        for (const run of portion.runs) {
          const rates = this.rates((epoch - 1) * perEpoch + run.step, run.rows, whole);
          const seeds = this.seeds(seedKey, epoch, run);
          const losses = await this.run({ ...feeds, ...rates, ...seeds }, current, next, run);
          [current, next] = [next, current];
          // step by step, so that the sum does not depend on how steps were put into runs
          for (const [row, each] of losses.entries()) {
            place.lossSum += each * Math.min(batchSize, order.length - (run.step + row) * batchSize);
          }
          place.step = run.step + run.rows;
          if (checkpoint !== undefined && performance.now() - savedAt >= checkpoint.everyMs) {
            writeCheckpoint(checkpoint, { ...place, states: statesOf(current) });
            savedAt = performance.now();
          }
          const mean = losses.reduce((sum, each) => sum + each, 0) / run.rows;
          onProgress?.({ epoch, step: (epoch - 1) * perEpoch + run.step + run.rows, steps, loss: mean });
        }
      }
    }
    const trained = new Map(this.parameters.map(({ name }) => [name, current[name]?.data as Float32Array]));
    checkFinite(trained, steps);
    const seconds = (performance.now() - started) / 1000;
    const ignored = found?.kind === 'ignored' ? { ignored: found.reason } : {};
    return { parameters: trained, loss: place.lossSum / taken(epochs), steps, seconds, resumed, ...ignored };
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  private dataFeeds(data: ExampleSource, { examples: { features, targets }, count }: Portion): Tensors {
    const { target, shape } = this.head;
    const width = target.kind === 'class' && shape.length === 2 ? [] : [target.width];
    return {
      [STEP.examples]: tensor(features, [count, ...data.shape]),
      [STEP.labels]: tensor(targets, [count, ...width]),
    };
  }

  private commonFeeds({ parameters, control }: LocalTraining, whole: Whole): Tensors {
    const feeds: Tensors = {};
    if (this.plan.rates === 0) {
      feeds[STEP.learningRate] = tensor(Float32Array.of(learningRateAt(this.recipe, { ...whole, step: 0 })), []);
    }
    const trained = this.parameters.filter(({ name }) => !this.forward.statistics.has(name));
    if (this.recipe.proximal > 0) {
      for (const { name, shape } of trained) {
        feeds[STEP.base(name)] = tensor(parameters.get(name)?.slice() ?? new Float32Array(), shape);
      }
    }
    return { ...feeds, ...this.controlFeeds(trained, control, whole) };
  }

  /** What is added to gradients; in the fused form multiplied by the rate, which is one where there are control variates. */
  private controlFeeds(trained: readonly Parameter[], control: Parameters | undefined, whole: Whole): Tensors {
    if (this.recipe.control === undefined) return {};
    if (control !== undefined) checkParameters(trained, control);
    const scale = this.plan.fused ? learningRateAt(this.recipe, { ...whole, step: 0 }) : 1;
    const added = trained.map(({ name, shape }): [string, SessionTensor] => {
      const values = control?.get(name)?.map((value) => scale * value);
      return [STEP.control(name), tensor(values ?? new Float32Array(sizeOf(shape)), shape)];
    });
    return Object.fromEntries(added);
  }

  private states(parameters: Parameters): [Tensors, Tensors] {
    const current: Tensors = {};
    const next: Tensors = {};
    for (const { name, shape } of this.parameters) {
      const values = parameters.get(name) ?? new Float32Array();
      current[name] = tensor(values, shape);
      next[name] = tensor(new Float32Array(values.length), shape);
      for (const state of this.forward.statistics.has(name) ? [] : this.plan.states) {
        current[state(name)] = tensor(new Float32Array(values.length), shape);
        next[state(name)] = tensor(new Float32Array(values.length), shape);
      }
    }
    return [current, next];
  }

  /** Of the runtime's shape for one step, or for several. */
  private rows(data: Float32Array | Int32Array, rows: number): SessionTensor {
    const width = data.length / rows;
    return tensor(data, this.recipe.stepsPerRun > 1 ? [rows, width] : [width]);
  }

  private rates(first: number, rows: number, whole: Whole): Tensors {
    if (this.plan.rates === 0) return {};
    const each = Array.from({ length: rows }, (_, row) => ratesAt(this.recipe, { ...whole, step: first + row }));
    return { [STEP.rates]: this.rows(Float32Array.from(each.flat()), rows) };
  }

  /** What Dropout draws from: a function of agent, round, epoch and step, so that a step taken again is the same. */
  private seeds(key: SeedKey, epoch: number, { step, rows }: Run): Tensors {
    if (!drawsIn(this.head)) return {};
    const seeds = BigInt64Array.from({ length: rows }, (_, row) => BigInt(dropoutSeed(key, epoch, step + row)));
    return { [STEP.seed]: tensor(seeds, this.recipe.stepsPerRun > 1 ? [rows] : []) };
  }

  private async run(
    common: Tensors,
    current: Tensors,
    next: Tensors,
    { rows, indices, weights }: Run,
  ): Promise<number[]> {
    const losses = new Float32Array(rows);
    const feeds: Tensors = {
      ...common,
      [STEP.indices]: this.rows(indices, rows),
      [STEP.weights]: this.rows(weights, rows),
    };
    const fetches: Tensors = { [STEP.loss]: tensor(losses, this.recipe.stepsPerRun > 1 ? [rows] : []) };
    for (const [name, value] of Object.entries(current)) feeds[STEP.old(name)] = value;
    for (const [name, value] of Object.entries(next)) fetches[STEP.next(name)] = value;
    await this.session.run(feeds, fetches);
    return [...losses];
  }
}
