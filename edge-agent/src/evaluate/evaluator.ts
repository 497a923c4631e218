// Evaluation of a model over a data set in batches, on the calling thread: loss, accuracy, recall of each class.
import { copyRow, elementsOf, emptyExamples, type ExampleSource } from '../data/source.ts';
import { checkData } from '../train/check-data.ts';
import { checkParameters, type Parameters } from '../train/check-parameters.ts';
import { batchesOf, DATA_BYTES, type Batch } from '../train/feeding.ts';
import { decodeModel, specialise, type Specialised } from '../train/graph/index.ts';
import { headOf, type Head } from '../train/loss/index.ts';
import { openSession, tensor, type Session, type SessionTensor } from '../train/session.ts';
import { buildEvaluation, EVALUATION } from './evaluation-graph.ts';

export interface EvaluationResult {
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Share of examples whose highest score is at their label, 0 … 1. */
  readonly accuracy: number;
  /** Of each class, the share of its examples that were recognised; 0 for a class without examples. */
  readonly recall: number[];
  /** Examples of each class. */
  readonly support: number[];
  readonly examples: number;
}

/** Examples a run: enough to keep the processor busy, few enough that a convolution's values stay small. */
const BATCH_SIZE = 250;

export class Evaluator {
  private readonly forward: Specialised;
  private readonly head: Head;
  private readonly classes: number;
  private readonly session: Session;
  private readonly dataBytes: number;

  private constructor(forward: Specialised, session: Session, dataBytes: number) {
    this.forward = forward;
    this.head = headOf(forward, 'cross-entropy');
    this.classes = this.head.target.kind === 'class' ? this.head.target.classes : 0;
    this.session = session;
    this.dataBytes = dataBytes;
  }

  /**
   * @param dataBytes memory that examples may take
   * @throws MusterError ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED
   */
  static async open(model: Uint8Array, threads = 1, dataBytes: number = DATA_BYTES): Promise<Evaluator> {
    const forward = specialise(decodeModel(model), BATCH_SIZE);
    const session = await openSession(buildEvaluation(model, { batchSize: BATCH_SIZE }), threads);
    return new Evaluator(forward, session, dataBytes);
  }

  /** @throws MusterError ERR_PARAMETERS_INVALID, ERR_DATA_MALFORMED */
  async evaluate(parameters: Parameters, data: ExampleSource): Promise<EvaluationResult> {
    checkParameters(this.forward.parameters, parameters);
    checkData(this.forward.input.shape.slice(1), this.head.target, data);
    const feeds: Record<string, SessionTensor> = {};
    for (const { name, shape } of this.forward.parameters) {
      feeds[name] = tensor(parameters.get(name) ?? new Float32Array(), shape);
    }
    const support = Array<number>(this.classes).fill(0);
    const hits = Array<number>(this.classes).fill(0);
    let loss = 0;
    for await (const batch of batchesOf(data, BATCH_SIZE, this.dataBytes)) {
      const outputs = await this.session.run({ ...feeds, ...batchFeeds(data, batch) });
      const losses = outputs[EVALUATION.losses]?.data as Float32Array;
      const predictions = outputs[EVALUATION.predictions]?.data as BigInt64Array;
      for (let i = 0; i < batch.count; i++) {
        const label = batch.targets[i] ?? 0;
        loss += losses[i] ?? 0;
        support[label] = (support[label] ?? 0) + 1;
        if (Number(predictions[i]) === label) hits[label] = (hits[label] ?? 0) + 1;
      }
    }
    const recall = hits.map((hit, label) => (support[label] ? hit / support[label] : 0));
    const accuracy = hits.reduce((sum, hit) => sum + hit, 0) / data.examples;
    return { loss: loss / data.examples, accuracy, recall, support, examples: data.examples };
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

/** Views into the data; only a last, shorter batch is copied and padded with zeros. */
function batchFeeds(data: ExampleSource, { features, targets, count }: Batch): Record<string, SessionTensor> {
  const padded = count < BATCH_SIZE ? emptyExamples(data, BATCH_SIZE) : { features, targets };
  if (count < BATCH_SIZE) {
    copyRow(features, 0, padded.features, 0, count * elementsOf(data));
    copyRow(targets, 0, padded.targets, 0, count);
  }
  return {
    [EVALUATION.examples]: tensor(padded.features, [BATCH_SIZE, ...data.shape]),
    [EVALUATION.labels]: tensor(padded.targets, [BATCH_SIZE]),
  };
}
