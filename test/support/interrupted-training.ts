// A local run that can be broken off: the same in a child process, which waits to be killed, and in a test.
import { digestOf } from '../../protocol/src/index.ts';
import { memorySource, type ExampleSource } from '../../edge-agent/src/data/index.ts';
import { mlp } from '../../edge-agent/src/models/index.ts';
import type { CheckpointOptions } from '../../edge-agent/src/train/checkpoint.ts';
import { LocalTrainer, type TrainProgress, type TrainResult } from '../../edge-agent/src/train/local-training.ts';
import { seededRandom } from '../../edge-agent/src/train/random.ts';
import { parseRecipe } from '../../edge-agent/src/train/recipe.ts';
import { startParameters } from '../../edge-agent/src/train/trained/index.ts';

const MODEL = mlp({ sizes: [6, 5, 3], seed: 1, shape: [6] });

/** Everything that has state: Adam's moments and step count, a schedule over the run, several epochs. */
const RECIPE = parseRecipe({
  v: 1,
  loss: 'cross-entropy',
  optimiser: { name: 'adamw', learningRate: 0.02 },
  schedule: { step: { name: 'cosine', warmUp: 5 } },
  clip: { norm: 1 },
  proximal: 0.01,
  epochs: 3,
  batchSize: 8,
  stepsPerRun: 4,
});

/** Runs are of four steps, and an epoch has 25: six whole runs and one of a single step. */
export const RUNS_AN_EPOCH = 7;

function examples(): ExampleSource {
  const random = seededRandom('interrupted');
  const features = Float32Array.from({ length: 197 * 6 }, () => random.uniform() * 2 - 1);
  const targets = Int32Array.from({ length: 197 }, () => random.below(3));
  const layout = { shape: [6], dtype: 'float32', target: { kind: 'class', classes: 3 }, examples: 197 } as const;
  return memorySource({ ...layout, features, targets });
}

/** The same source, without telling that it is in memory: so it is read in portions. */
function unheld(source: ExampleSource): ExampleSource {
  const { shape, dtype, target, examples: count } = source;
  return {
    ...{ shape, dtype, target, examples: count },
    read: (indices) => source.read(indices),
    leaves: (from, to) => source.leaves(from, to),
    close: () => source.close(),
  };
}

export interface Run {
  readonly checkpoint?: CheckpointOptions;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** memory for examples: less than they take has them read in portions */
  readonly dataBytes?: number;
}

/** Trains from the beginning, or from a checkpoint. */
export async function train({ dataBytes, ...run }: Run): Promise<TrainResult> {
  const trainer = await LocalTrainer.open(MODEL, RECIPE, 1, dataBytes);
  const parameters = new Map(startParameters(MODEL, RECIPE, 1).map(({ name, data }) => [name, data.slice()]));
  const source = examples();
  const data = dataBytes === undefined ? source : unheld(source);
  const seedKey = { seed: 1, job: 'interrupted', round: 2, agent: 'army/agent-1' };
  const result = await trainer.train({ parameters, data, seedKey, ...run });
  await trainer.close();
  return result;
}

/** Everything that must come out the same: the bits of all parameters, and of the loss. */
export function bitsOf({ parameters, loss }: TrainResult): string {
  const parts = Array.from(parameters, ([name, { buffer, byteOffset, byteLength }]) =>
    [name, digestOf(new Uint8Array(buffer, byteOffset, byteLength))].join(' '),
  );
  return [...parts, loss].join('\n');
}
