// Options of a recipe: how agents train. A file holds all there is; options on the command line go over it.
import { type JobOptions } from '@muster/edge-agent';
import { MusterError } from '@muster/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { readFile } from 'node:fs/promises';
import { parseCount } from './network-options.ts';

type RecipeInput = NonNullable<JobOptions['recipe']>;

export interface RecipeOptions {
  readonly recipe?: string;
  readonly loss?: unknown;
  readonly optimiser?: string;
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly schedule?: object;
  readonly roundSchedule?: object;
  readonly trainable?: string[];
  readonly loraRank?: number;
  readonly loraAlpha?: number;
  readonly loraTargets?: string[];
  readonly proximal?: number;
  readonly control?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batchSize?: number;
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('a number is needed');
  return value;
}

/** How a person names the losses. */
export const LOSSES = 'cross-entropy, binary-cross-entropy, mean-squared-error or huber:DELTA';

export const parseLoss = (text: string): unknown =>
  text.startsWith('huber:') ? { name: 'huber', delta: parseNumber(text.slice('huber:'.length)) } : text;

/** `<curve>[:<number>…][,warm-up:<units>]` @throws InvalidArgumentError */
export function parseCurve(text: string): object {
  const [curve = '', warm] = text.split(',');
  const [name = '', ...numbers] = curve.split(':');
  const fields: Record<string, readonly string[]> = {
    ...{ constant: [], step: ['every', 'factor'], exponential: ['factor'], cosine: ['length', 'floor'] },
  };
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (known === undefined || numbers.length > known.length) {
    throw new InvalidArgumentError('constant, step:EVERY:FACTOR, exponential:FACTOR or cosine[:LENGTH[:FLOOR]]');
  }
  const set = Object.fromEntries(numbers.map((number, index) => [known[index] ?? '', parseNumber(number)]));
  if (warm === undefined) return { name, ...set };
  if (!warm.startsWith('warm-up:')) throw new InvalidArgumentError('after the comma stands warm-up:UNITS');
  return { name, ...set, warmUp: parseNumber(warm.slice('warm-up:'.length)) };
}

/** Adds the options of a recipe. */
export function withRecipe(command: Command): Command {
  return command
    .option('--recipe <file>', 'the recipe, JSON (docs/training.md); the options below go over it')
    .option('--loss <loss>', `${LOSSES} (default: cross-entropy)`, parseLoss)
    .option('--optimiser <name>', 'sgd, adam, adamw or rmsprop (default: sgd)')
    .option('--learning-rate <rate>', 'of the agents’ optimiser (default: sgd 0.1, the others 0.001)', parseNumber)
    .option('--momentum <momentum>', 'of sgd and rmsprop', parseNumber)
    .option('--nesterov', 'momentum as Nesterov has it')
    .option('--weight-decay <decay>', 'L2; of adamw decoupled', parseNumber)
    .option('--clip-norm <norm>', 'the most all gradients together may measure', parseNumber)
    .option('--clip-value <value>', 'the most each number of a gradient may be', parseNumber)
    .option(
      '--schedule <curve>',
      'of the learning rate over a run’s steps: constant, step:EVERY:FACTOR, exponential:FACTOR or ' +
        'cosine[:LENGTH[:FLOOR]], each with ,warm-up:STEPS',
      parseCurve,
    )
    .option('--round-schedule <curve>', 'the same over the job’s rounds', parseCurve)
    .option('--trainable <patterns...>', 'weights to train by name, with * and ?; the rest is frozen (default: all)')
    .option('--lora-targets <patterns...>', 'frozen weights to train low-rank adapters beside')
    .option('--lora-rank <n>', 'of the adapters (default: 8)', parseCount)
    .option('--lora-alpha <alpha>', 'adapters count alpha / rank times (default: the rank)', parseNumber)
    .option('--proximal <mu>', 'FedProx’s mu', parseNumber)
    .option(
      '--control <share>',
      'of SCAFFOLD’s correction, up to 1, the paper’s (default with that rule; along a robust one 0.5)',
      parseNumber,
    )
    .option('--epochs <n>', 'local epochs a round (default: 1)', parseCount)
    .option(
      '--steps <n>',
      'local steps in their place, the same for every agent (default of scaffold: 100)',
      parseCount,
    )
    .option('--batch-size <n>', 'examples a step', parseCount);
}

/** Only what was given: the rest has defaults where jobs are composed. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

async function recipeFile(file: string | undefined): Promise<Record<string, unknown>> {
  if (file === undefined) return {};
  let value: unknown;
  let problem = 'is no JSON object';
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) problem = 'cannot be read';
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new MusterError('ERR_DOCUMENT_INVALID', { document: file, issues: [{ field: '(file)', problem }] });
}

/** One member over another; left away where neither says anything. */
const over = (name: string, below: unknown, above: object): object => {
  const set = given(above);
  return Object.keys(set).length === 0 ? {} : { [name]: { ...(below as object | undefined), ...set } };
};

/** How long agents train, in epochs or in steps: what is told takes the place of either in the file. */
function withExtent(file: Record<string, unknown>, { epochs, steps }: RecipeOptions): Record<string, unknown> {
  const told = given({ epochs, steps });
  if (Object.keys(told).length === 0) return file;
  const rest = Object.entries(file).filter(([name]) => name !== 'epochs' && name !== 'steps');
  return { ...Object.fromEntries(rest), ...told };
}

/**
 * The recipe that options describe; what it lacks has defaults where jobs are composed, and what is wrong with it is told there.
 * @throws MusterError ERR_DOCUMENT_INVALID where the file is no JSON object
 */
export async function recipeOf(options: RecipeOptions): Promise<RecipeInput> {
  const file = await recipeFile(options.recipe);
  const { optimiser: name, learningRate, momentum, nesterov, weightDecay, loraTargets: targets } = options;
  const { loss, trainable, proximal, control, batchSize, loraRank, loraAlpha } = options;
  // another optimiser than the file's has other settings
  const known = file['optimiser'] as { name?: string } | undefined;
  const below = name === undefined || known?.name === name ? known : undefined;
  const lora = targets === undefined ? {} : { rank: 8, alpha: loraRank ?? 8 };
  const whole = {
    ...withExtent(file, options),
    ...given({ loss, trainable, proximal, control, batchSize }),
    ...over('optimiser', below, { name, learningRate, momentum, nesterov, weightDecay }),
    ...over('clip', file['clip'], { norm: options.clipNorm, value: options.clipValue }),
    ...over('schedule', file['schedule'], { step: options.schedule, round: options.roundSchedule }),
    ...over(
      'lora',
      { ...lora, ...(file['lora'] as object | undefined) },
      { targets, rank: loraRank, alpha: loraAlpha },
    ),
  };
  // unchecked here: composing a job parses it and names every bad field
  return whole as RecipeInput;
}
