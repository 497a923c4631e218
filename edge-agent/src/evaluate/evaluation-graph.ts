// The evaluation graph: a model's forward pass with the loss of each example and what is measured of its answers.
import {
  encodeModel,
  GraphBuilder,
  int,
  ints,
  longs,
  specialise,
  type Specialised,
  type Value,
} from '../train/graph/index.ts';
import { appendElementLoss, headOf, type Head } from '../train/loss/index.ts';
import type { Recipe } from '../train/recipe.ts';
import { prepareModel } from '../train/trained/index.ts';

/** Names of the evaluation graph's inputs and outputs; parameters are inputs under their own names. */
export const EVALUATION = {
  /** [batch, ...shape] */
  examples: 'evaluation:examples',
  /** [batch, width], int32 for classes, float32 otherwise */
  labels: 'evaluation:labels',
  /** [batch] float32: the loss of each example */
  losses: 'evaluation:losses',
  /** float32: [batch, width, classes] probabilities, [batch, width] probabilities of yes, or [batch, width] values */
  scores: 'evaluation:scores',
  /** [batch, width] int64, of classes only: the class of the highest score, the first of equals */
  predictions: 'evaluation:predictions',
} as const;

const OPSET_MIN = 18;

/** What of a recipe evaluation depends on. */
export type EvaluatedRecipe = Pick<Recipe, 'loss' | 'trainable' | 'lora'>;

export interface EvaluationOptions {
  readonly batchSize: number;
  readonly recipe: EvaluatedRecipe;
}

/** A model as evaluation runs it. */
interface Evaluated {
  readonly forward: Specialised;
  readonly head: Head;
}

/** An evaluation, and what whoever runs it must know of it. */
export interface Evaluation extends Evaluated {
  /** ONNX; inputs and outputs are named by {@link EVALUATION} */
  readonly bytes: Uint8Array;
}

/** Losses, scores and predictions of classes, at each position. */
function appendClasses(graph: GraphBuilder, { scores, target }: Head, batchSize: number): void {
  if (target.kind !== 'class') throw new TypeError('not a classifier');
  const { classes, width } = target;
  const logits = graph.op('Reshape', [scores, graph.constant(longs([3], [batchSize, classes, width]))]);
  const logs = graph.op('LogSoftmax', [logits], { axis: int(1) });
  const row = graph.constant(longs([3], [batchSize, 1, width]));
  const picked = graph.op('GatherElements', [logs, graph.op('Reshape', [EVALUATION.labels, row])], { axis: int(1) });
  const axes = graph.constant(longs([2], [1, 2]));
  graph.op('Neg', [graph.op('ReduceMean', [picked, axes], { keepdims: int(0) })], {}, EVALUATION.losses);
  graph.op('ArgMax', [logits], { axis: int(1), keepdims: int(0) }, EVALUATION.predictions);
  graph.op('Transpose', [graph.op('Exp', [logs])], { perm: ints([0, 2, 1]) }, EVALUATION.scores);
}

/** Losses and scores of numbers. */
function appendNumbers(
  graph: GraphBuilder,
  { scores, target }: Head,
  recipe: EvaluatedRecipe,
  batchSize: number,
): void {
  if (recipe.loss === 'cross-entropy') throw new TypeError('a classifier');
  const flat = graph.constant(longs([2], [batchSize, target.width]));
  const answers = graph.op('Reshape', [scores, flat]);
  const { loss } = appendElementLoss(graph, recipe.loss, answers, EVALUATION.labels);
  graph.op('ReduceMean', [loss, graph.constant(longs([1], [1]))], { keepdims: int(0) }, EVALUATION.losses);
  graph.op(target.kind === 'binary' ? 'Sigmoid' : 'Identity', [answers], {}, EVALUATION.scores);
}

function outputsOf({ target }: Head, batchSize: number): Value[] {
  const { losses, scores, predictions } = EVALUATION;
  const rows = [batchSize, target.width];
  const shape = target.kind === 'class' ? [...rows, target.classes] : rows;
  return [
    { name: losses, dtype: 'float32', shape: [batchSize] },
    { name: scores, dtype: 'float32', shape },
    ...(target.kind === 'class' ? [{ name: predictions, dtype: 'int64', shape: rows } as const] : []),
  ];
}

function encodeEvaluation({ forward, head }: Evaluated, { batchSize, recipe }: EvaluationOptions): Uint8Array {
  const graph = new GraphBuilder();
  const { examples, labels } = EVALUATION;
  graph.reserve([...forward.shapes.keys(), ...Object.values(EVALUATION)]);
  const used = new Set(head.nodes.flatMap(({ inputs }) => inputs));
  for (const [name, tensor] of forward.constants) if (used.has(name)) graph.initializers.set(name, tensor);
  for (const node of head.nodes) {
    graph.append({ ...node, inputs: node.inputs.map((name) => (name === forward.input.name ? examples : name)) });
  }
  const dtype = head.target.kind === 'class' ? 'int32' : 'float32';
  if (head.target.kind === 'class') appendClasses(graph, head, batchSize);
  else appendNumbers(graph, head, recipe, batchSize);
  const parameters = forward.parameters.map(({ name, shape }): Value => ({ name, shape, dtype: 'float32' }));
  return encodeModel({
    opset: Math.max(OPSET_MIN, forward.opset),
    graph: {
      name: 'evaluation',
      inputs: [
        { name: examples, dtype: forward.input.dtype, shape: forward.input.shape },
        { name: labels, dtype, shape: [batchSize, head.target.width] },
        ...parameters,
      ],
      outputs: outputsOf(head, batchSize),
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
}

/**
 * Derives the evaluation graph of a model. The same model and options give the same bytes.
 * @throws MusterError ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED, each naming the node,
 *   ERR_RECIPE_INVALID naming a pattern that fits no weight
 */
export function deriveEvaluation(model: Uint8Array, options: EvaluationOptions): Evaluation {
  const { model: prepared, trained } = prepareModel(model, options.recipe);
  const forward = specialise(prepared, options.batchSize, trained);
  const parts = { forward, head: headOf(forward, options.recipe.loss) };
  return { ...parts, bytes: encodeEvaluation(parts, options) };
}

/** The evaluation graph alone, as ONNX bytes. @throws as {@link deriveEvaluation} */
export function buildEvaluation(model: Uint8Array, options: EvaluationOptions): Uint8Array {
  return deriveEvaluation(model, options).bytes;
}
