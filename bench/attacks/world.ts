// What all cells of one division of the data share: the agents' examples, the test images, the model, and the first round.
import { decodeParameters, encodeTensors, encodeUpdate, viewUpdate, type Parameters } from '@muster/protocol';
import {
  dataSetOf,
  memorySource,
  partition,
  readMnist,
  type DataSet,
  type ExampleSource,
  type LabelledImages,
} from '../../edge-agent/src/data/index.ts';
import { Evaluator } from '../../edge-agent/src/evaluate/index.ts';
import { initialParameters, mlp } from '../../edge-agent/src/models/index.ts';
import {
  LocalTrainer,
  parseRecipe,
  seededRandom,
  type LocalTraining,
  type Recipe,
} from '../../edge-agent/src/train/index.ts';
import type { Setting } from './cell.ts';

/** That of the product's jobs (edge-agent/src/job/compose.ts). */
export const FIXED_POINT = { fractionBits: 24, magnitudeBits: 28 };
const HIDDEN = [100];
const BATCH_SIZE = 32;

/** Widths of the model's layers. */
export const sizesOf = ({ hidden = HIDDEN }: Pick<Setting, 'hidden'>): number[] => [784, ...hidden, 10];

const RECIPE = {
  v: 1,
  loss: 'cross-entropy',
  optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0 },
  proximal: 0,
  stepsPerRun: 94,
};

/** Images in memory once a worker. */
export interface Images {
  readonly train: LabelledImages;
  readonly test: DataSet;
}

export async function readImages(): Promise<Images> {
  const [train, test] = await Promise.all([readMnist('train'), readMnist('test')]);
  return { train, test: dataSetOf(test) };
}

export interface World {
  readonly shards: readonly DataSet[];
  readonly test: DataSet;
  readonly base: Parameters;
  /** One agent's honest change of a round, fixed point. */
  readonly train: (base: Parameters, data: ExampleSource, who: string, round: number) => Promise<Int32Array>;
  /** The root update of a round. */
  readonly trainRoot: (base: Parameters, round: number) => Promise<Int32Array>;
  /** The first round's honest changes, which every cell begins with. */
  readonly firstRound: (agent: number) => Promise<Int32Array>;
  readonly source: (agent: number) => ExampleSource;
  readonly evaluate: (parameters: Parameters, data: DataSet) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** The name that an agent's updates are ordered by. */
export const nameOf = (agent: number): string => `agent-${String(agent).padStart(3, '0')}`;

function divide(images: Images, { alpha, agents, seed, root }: Setting): { shards: DataSet[]; rootData: DataSet } {
  const count = images.train.labels.data.length;
  const order = seededRandom(seed, 'attacks', 'root').shuffle(Int32Array.from({ length: count }, (_, i) => i));
  // of the same distribution as all data together, and nobody's
  const rest = order.slice(root);
  const kind = alpha === 'iid' ? ({ name: 'iid' } as const) : ({ name: 'dirichlet', alpha } as const);
  const labels = Uint8Array.from(rest, (index) => images.train.labels.data[index] ?? 0);
  const parts = partition(labels, { partition: kind, agents, seed });
  return {
    shards: parts.map((part) =>
      dataSetOf(
        images.train,
        part.map((place) => rest[place] ?? 0),
      ),
    ),
    rootData: dataSetOf(images.train, order.slice(0, root)),
  };
}

/** One epoch of an agent, and as many steps over the root data set as an agent takes (Cao et al. 2021, algorithm 2). */
async function openTrainers(model: Uint8Array, setting: Setting): Promise<{ own: LocalTrainer; root: LocalTrainer }> {
  const { batch: batchSize = BATCH_SIZE } = setting;
  const epochs = Math.max(1, Math.round((60_000 - setting.root) / setting.agents / setting.root));
  const recipe = (count: number): Recipe => parseRecipe({ ...RECIPE, epochs: count, batchSize });
  return { own: await LocalTrainer.open(model, recipe(1), 1), root: await LocalTrainer.open(model, recipe(epochs), 1) };
}

/** What training from a base changes, fixed point. */
export async function changeBy(
  trainer: LocalTrainer,
  base: Parameters,
  training: Omit<LocalTraining, 'parameters'>,
): Promise<Int32Array> {
  const parameters = new Map(base.map(({ name, data }) => [name, data.slice()]));
  const trained = await trainer.train({ ...training, parameters });
  const local = base.map((each) => ({ ...each, data: trained.parameters.get(each.name) ?? each.data }));
  return viewUpdate(encodeUpdate(local, base, FIXED_POINT), base);
}

/** The share of images whose digit a model tells. */
export async function accuracyOf(evaluator: Evaluator, parameters: Parameters, images: DataSet): Promise<number> {
  const values = new Map(parameters.map(({ name, data }) => [name, data]));
  const result = await evaluator.evaluate(values, memorySource(images));
  if (result.kind !== 'class') throw new TypeError('digits are classes');
  return result.accuracy;
}

export async function createWorld(images: Images, setting: Setting): Promise<World> {
  const model = mlp({ sizes: sizesOf(setting), seed: setting.seed });
  const base = decodeParameters(encodeTensors(initialParameters(model)));
  const { shards, rootData } = divide(images, setting);
  const sources = shards.map(memorySource);
  const rootSource = memorySource(rootData);
  const trainers = await openTrainers(model, setting);
  const evaluator = await Evaluator.open(model, { loss: 'cross-entropy' });
  const first = new Map<number, Int32Array>();

  const change = (trainer: LocalTrainer, at: Parameters, data: ExampleSource, agent: string, round: number) =>
    changeBy(trainer, at, { data, seedKey: { seed: setting.seed, job: 'attacks', round, agent } });
  const train: World['train'] = (at, data, who, round) => change(trainers.own, at, data, who, round);
  const source = (agent: number): ExampleSource => sources[agent] as ExampleSource;

  return {
    shards,
    test: images.test,
    base,
    train,
    source,
    trainRoot: (at, round) => change(trainers.root, at, rootSource, 'root', round),
    firstRound: async (agent) => {
      const made = first.get(agent) ?? (await train(base, source(agent), nameOf(agent), 1));
      first.set(agent, made);
      return made;
    },
    evaluate: (parameters, data) => accuracyOf(evaluator, parameters, data),
    close: async () => {
      await Promise.all([trainers.own.close(), trainers.root.close(), evaluator.close()]);
    },
  };
}
