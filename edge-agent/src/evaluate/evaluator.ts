// Evaluation of a model over a data set in batches, on the calling thread: the loss, and what fits the kind of targets.
import { copyRow, elementsOf, emptyExamples, widthOf, type ExampleSource } from '../data/source.ts';
import { checkData } from '../train/check-data.ts';
import { checkParameters, type Parameters } from '../train/check-parameters.ts';
import { batchesOf, DATA_BYTES, type Batch } from '../train/feeding.ts';
import type { TargetNeed } from '../train/loss/index.ts';
import { openSession, tensor, type Session, type SessionTensor } from '../train/session.ts';
import { deriveEvaluation, EVALUATION, type EvaluatedRecipe, type Evaluation } from './evaluation-graph.ts';
import {
  BinaryTally,
  ClassTally,
  ValueTally,
  type BinaryMetrics,
  type ClassMetrics,
  type ValueMetrics,
} from './metrics/index.ts';

/** The mean loss over so many examples, and metrics of the data set's kind. */
export type EvaluationResult = (ClassMetrics | BinaryMetrics | ValueMetrics) & {
  readonly loss: number;
  readonly examples: number;
};

type Outputs = Readonly<Record<string, SessionTensor>>;

/** Counts what a run answered. */
interface Tally {
  add(targets: Batch['targets'], outputs: Outputs, count: number): void;
  result(): ClassMetrics | BinaryMetrics | ValueMetrics;
}

/** Examples a run: enough to keep the processor busy, few enough that a convolution's values stay small. */
const BATCH_SIZE = 250;

function classTally(classes: number, width: number): Tally {
  const tally = new ClassTally(classes);
  return {
    add: (targets, outputs, count) => {
      const scores = outputs[EVALUATION.scores]?.data as Float32Array;
      const predictions = outputs[EVALUATION.predictions]?.data as BigInt64Array;
      for (let i = 0; i < count * width; i++) {
        tally.add(targets[i] ?? 0, Number(predictions[i]), scores.subarray(i * classes, (i + 1) * classes));
      }
    },
    result: () => tally.result(),
  };
}

function numberTally(kind: 'binary' | 'value', width: number): Tally {
  const tally = kind === 'binary' ? new BinaryTally(width) : new ValueTally(width);
  return {
    add: (targets, outputs, count) => {
      const scores = outputs[EVALUATION.scores]?.data as Float32Array;
      const row = (of: Float32Array, index: number): Float32Array => of.subarray(index * width, (index + 1) * width);
      for (let i = 0; i < count; i++) tally.add(row(targets as Float32Array, i), row(scores, i));
    },
    result: () => tally.result(),
  };
}

const tallyOf = (target: TargetNeed): Tally =>
  target.kind === 'class' ? classTally(target.classes, target.width) : numberTally(target.kind, target.width);

export class Evaluator {
  private readonly evaluation: Evaluation;
  private readonly session: Session;
  private readonly dataBytes: number;

  private constructor(evaluation: Evaluation, session: Session, dataBytes: number) {
    this.evaluation = evaluation;
    this.session = session;
    this.dataBytes = dataBytes;
  }

  /**
   * @param recipe tells the loss, and which tensors the parameters are
   * @param dataBytes memory that examples may take
   * @throws MusterError ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED, ERR_RECIPE_INVALID
   */
  static async open(
    model: Uint8Array,
    recipe: EvaluatedRecipe,
    threads = 1,
    dataBytes: number = DATA_BYTES,
  ): Promise<Evaluator> {
    const evaluation = deriveEvaluation(model, { batchSize: BATCH_SIZE, recipe });
    return new Evaluator(evaluation, await openSession(evaluation.bytes, threads), dataBytes);
  }

  /** @throws MusterError ERR_PARAMETERS_INVALID, ERR_DATA_MALFORMED */
  async evaluate(parameters: Parameters, data: ExampleSource): Promise<EvaluationResult> {
    const { forward, head } = this.evaluation;
    checkParameters(forward.parameters, parameters);
    checkData(forward.input, head.target, data);
    const feeds: Record<string, SessionTensor> = {};
    for (const { name, shape } of forward.parameters) {
      feeds[name] = tensor(parameters.get(name) ?? new Float32Array(), shape);
    }
    const tally = tallyOf(head.target);
    let loss = 0;
    for await (const batch of batchesOf(data, BATCH_SIZE, this.dataBytes)) {
      const outputs = await this.session.run({ ...feeds, ...batchFeeds(data, batch) });
      const losses = outputs[EVALUATION.losses]?.data as Float32Array;
      for (let i = 0; i < batch.count; i++) loss += losses[i] ?? 0;
      tally.add(batch.targets, outputs, batch.count);
    }
    return { ...tally.result(), loss: loss / data.examples, examples: data.examples };
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

/** Views into the data; only a last, shorter batch is copied and padded with zeros. */
function batchFeeds(data: ExampleSource, { features, targets, count }: Batch): Record<string, SessionTensor> {
  const width = widthOf(data.target);
  const padded = count < BATCH_SIZE ? emptyExamples(data, BATCH_SIZE) : { features, targets };
  if (count < BATCH_SIZE) {
    copyRow(features, 0, padded.features, 0, count * elementsOf(data));
    copyRow(targets, 0, padded.targets, 0, count * width);
  }
  return {
    [EVALUATION.examples]: tensor(padded.features, [BATCH_SIZE, ...data.shape]),
    [EVALUATION.labels]: tensor(padded.targets, [BATCH_SIZE, width]),
  };
}
