// The bench `train-nodes`: where a training step's time goes, by the runtime's own profile of its nodes, on one thread.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { initialParameters } from '../edge-agent/src/models/index.ts';
import { deriveTrainStep } from '../edge-agent/src/train/index.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { median, rounded } from './statistics.ts';
import { MODELS, type BenchModel, type ModelName } from './train/models.ts';
import { plainSgd } from './train/recipe.ts';

const BATCH = 10;
const STEPS = 10;
const EXAMPLES = 100;
const ROUNDS = 30;
/** Rows of the table; what is left is told in one. */
const SHOWN = 12;

/** A record of the runtime's profile, as far as it is read. */
interface Profiled {
  readonly cat: string;
  readonly name: string;
  /** microseconds */
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

interface Kind {
  readonly operator: string;
  readonly inputs: string;
  readonly micros: number[];
}

type Input = { readonly name: string; readonly type: string; readonly shape: readonly (number | string)[] };

/** Speed does not depend on values, but indices must be ones that there are. */
function feed({ name, type, shape: declared }: Input, { bytes, classes, codes = classes }: BenchModel): ort.Tensor {
  const sizes: Readonly<Record<string, number>> = { examples: EXAMPLES, steps: STEPS };
  const shape = declared.map((length) => (typeof length === 'string' ? (sizes[length] ?? NaN) : length));
  const length = shape.reduce((product, each) => product * each, 1);
  const parameter = initialParameters(bytes).find((each) => name.endsWith(`:${each.name}`));
  if (parameter !== undefined) return new ort.Tensor('float32', parameter.data, shape);
  const below = Math.min(codes, classes, EXAMPLES);
  if (type === 'int64') {
    return new ort.Tensor(
      'int64',
      BigInt64Array.from({ length }, (_, i) => BigInt(i % below)),
      shape,
    );
  }
  if (type === 'int32')
    return new ort.Tensor(
      'int32',
      Int32Array.from({ length }, (_, i) => i % below),
      shape,
    );
  return new ort.Tensor(
    'float32',
    Float32Array.from({ length }, (_, i) => 0.1 + (i % 7) / 100),
    shape,
  );
}

async function profile(model: BenchModel, folder: string): Promise<{ records: Profiled[]; stepMs: number }> {
  const { bytes } = deriveTrainStep(model.bytes, plainSgd(BATCH, STEPS));
  const open = async (profiled: boolean): Promise<ort.InferenceSession> =>
    ort.InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      ...(profiled ? { enableProfiling: true, profileFilePrefix: join(folder, 'nodes') } : {}),
    });
  const plain = await open(false);
  const feeds = Object.fromEntries(
    (plain.inputMetadata as readonly Input[]).map((input) => [input.name, feed(input, model)]),
  );
  const taken: number[] = [];
  await plain.run(feeds);
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    await plain.run(feeds);
    taken.push((performance.now() - started) / STEPS);
  }
  await plain.release();
  const session = await open(true);
  for (let round = 0; round < ROUNDS; round++) await session.run(feeds);
  session.endProfiling();
  await session.release();
  const [file = ''] = await readdir(folder);
  const records = JSON.parse(await readFile(join(folder, file), 'utf8')) as Profiled[];
  return { records, stepMs: median(taken) };
}

/** Kinds of nodes: those of one operator that take the same shapes. */
function kindsOf(records: readonly Profiled[]): Kind[] {
  const kinds = new Map<string, Kind>();
  for (const { cat, name, dur, args } of records) {
    // the loop over steps is the sum of its nodes
    if (cat !== 'Node' || !name.endsWith('kernel_time') || args.op_name === undefined || args.op_name === 'Scan')
      continue;
    const shapes = (args.input_type_shape ?? []).map((each) => Object.values(each)[0]?.join('×') ?? '');
    const inputs = shapes.length > 3 ? `${shapes.slice(0, 2).join(', ')}, … ${shapes.length}` : shapes.join(', ');
    const key = `${args.op_name} ${inputs}`;
    const kind = kinds.get(key) ?? { operator: args.op_name, inputs, micros: [] };
    kind.micros.push(dur);
    kinds.set(key, kind);
  }
  return [...kinds.values()];
}

/** @throws TypeError naming a model that there is not */
export async function run({ progress, models = 'lstm' }: BenchOptions): Promise<BenchResult> {
  if (!Object.hasOwn(MODELS, models)) {
    throw new TypeError(`--models: ${models} is none of ${Object.keys(MODELS).join(', ')}`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-nodes-'));
  try {
    const { records, stepMs } = await progress.step(models, () => profile(MODELS[models as ModelName](), folder));
    const counted = kindsOf(records).map(({ operator, inputs, micros }) => {
      const nodes = micros.length / (ROUNDS * STEPS);
      // a median, since the machine has other things to do now and then
      return { operator, inputs, nodes, each: median(micros), sum: nodes * median(micros) };
    });
    const all = counted.reduce((total, { sum }) => total + sum, 0);
    const sorted = counted.sort((a, b) => b.sum - a.sum);
    const rest = sorted.slice(SHOWN).reduce((total, { sum }) => total + sum, 0);
    const rows = sorted.slice(0, SHOWN).map(({ operator, inputs, nodes, each, sum }): Row => ({
      operator,
      inputs,
      'nodes a step': rounded(nodes, 1),
      'µs each': rounded(each, 1),
      'µs a step': Math.round(sum),
      '%': Math.round((100 * sum) / all),
    }));
    return {
      title: `Nodes of a training step of ${models}, batch ${BATCH}: ${stepMs.toFixed(2)} ms a step, ${(all / 1000).toFixed(2)} with the profile's own work`,
      rows: [...rows, { operator: 'others', 'µs a step': Math.round(rest), '%': Math.round((100 * rest) / all) }],
      figures: { model: models, batch: BATCH, stepMs, nodes: sorted },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
