// Server optimisers (Hsu et al. 2019; Reddi et al. 2021, algorithm 2): another rule's change is taken for a gradient, and stepped
// along with what earlier rounds left. No bias correction, as in the papers; of functions only the square root.

import { z } from 'zod';
import type { ChangeMaker } from './aggregator.ts';
import { rule, type Carried, type Rule } from './rule.ts';

/** Steps along a block of changes, which it replaces; `from` is the place of the first. */
type Step = (change: Float64Array, from: number) => void;

const rate = (preset: number): z.ZodDefault<z.ZodNumber> =>
  z.number().gt(0).max(1000).default(preset).describe('learning rate of the server');
const decay = (preset: number, of: string): z.ZodDefault<z.ZodNumber> =>
  z.number().min(0).lt(1).default(preset).describe(`share of the ${of} that a round keeps`);

const momentumOptions = z.strictObject({ lr: rate(1), beta1: decay(0.9, 'momentum') });
const adaptiveOptions = z.strictObject({
  lr: rate(0.01),
  beta1: decay(0.9, 'momentum'),
  tau: z.number().min(1e-9).max(1).default(0.001).describe('added to the root: the smaller, the more adaptive'),
});
const decayingOptions = z.strictObject({ ...adaptiveOptions.shape, beta2: decay(0.99, 'mean square') });

/** v ← β1 · v + Δ, and a step of η · v, with v as it is carried: rounded to float32. */
function momentumStep({ lr, beta1 }: z.output<typeof momentumOptions>, carried: readonly Carried[]): Step {
  const [{ before, after }] = carried as [Carried];
  return (change, from) => {
    for (let i = 0; i < change.length; i++) {
      after[from + i] = beta1 * (before[from + i] as number) + (change[i] as number);
      change[i] = lr * (after[from + i] as number);
    }
  };
}

/** What becomes of v, the running square, with Δ². */
type NextSquare = (square: number, latest: number) => number;

/** m ← β1 · m + (1 − β1) · Δ, and a step of η · m / (√v + τ), with m and v as they are carried: rounded to float32. */
function adaptiveStep(
  { lr, beta1, tau }: z.output<typeof adaptiveOptions>,
  next: NextSquare,
  carried: readonly Carried[],
): Step {
  const [momentum, square] = carried as [Carried, Carried];
  const rest = 1 - beta1;
  return (change, from) => {
    for (let i = 0; i < change.length; i++) {
      const [at, delta] = [from + i, change[i] as number];
      momentum.after[at] = beta1 * (momentum.before[at] as number) + rest * delta;
      square.after[at] = next(square.before[at] as number, delta * delta);
      change[i] = (lr * momentum.after[at]) / (Math.sqrt(square.after[at]) + tau);
    }
  };
}

interface Entry<S extends z.ZodObject> {
  readonly summary: string;
  readonly options: S;
  readonly carries: readonly string[];
  readonly step: (options: z.output<S>, carried: readonly Carried[]) => Step;
}

/** The rule whose change is stepped along. */
interface Inner {
  readonly rule: Rule;
  readonly options: unknown;
}

/** What the table's entry of an optimiser is, given the rules that it may step along. */
function optimiser<S extends z.ZodObject>(
  { summary, options, carries, step }: Entry<S>,
  inner: Readonly<Record<string, Rule>>,
): Rule {
  const of = z
    .strictObject({ name: z.enum(Object.keys(inner)), options: z.record(z.string(), z.unknown()).default({}) })
    .superRefine((named, { issues }) => {
      const read = (inner[named.name] as Rule).options.safeParse(named.options);
      for (const { path, message } of read.error?.issues ?? [])
        issues.push({ code: 'custom', message, path: ['options', ...path], input: named.options });
    })
    .default({ name: 'fed-avg', options: {} })
    .describe('the rule whose change is stepped along, with its own options');
  const innerOf = ({ of: named }: { readonly of: z.output<typeof of> }): Inner => {
    const found = inner[named.name] as Rule;
    return { rule: found, options: found.options.parse(named.options) };
  };
  type Options = z.output<S> & { readonly of: z.output<typeof of> };
  return rule({
    summary,
    assumes: 'what the rule assumes that it steps along',
    options: z.strictObject({ ...options.shape, of }),
    carries: (given) => {
      const { rule: found, options: its } = innerOf(given);
      return [...carries, ...(found.carries?.(its) ?? []).map((name) => `of.${name}`)];
    },
    needsRoot: (given) => {
      const { rule: found, options: its } = innerOf(given);
      return found.needsRoot?.(its) === true;
    },
    problem: (given, n) => {
      const { rule: found, options: its } = innerOf(given);
      return found.problem(its, n);
    },
    create: (given, surroundings): ChangeMaker => {
      const { rule: found, options: its } = innerOf(given);
      const { carried } = surroundings;
      const maker = found.create(its, { ...surroundings, carried: carried.slice(carries.length) });
      return {
        add: (contribution) => maker.add(contribution),
        finish() {
          const read = maker.finish();
          const take = step(given as Options, carried);
          return (from, into) => {
            read(from, into);
            take(into, from);
          };
        },
      };
    },
  });
}

const adaptive = ['momentum', 'square'];

/**
 * The server optimisers.
 * @param inner rules that they may step along, by name
 */
export const serverRules = (
  inner: Readonly<Record<string, Rule>>,
): Record<'fed-avg-m' | 'fed-adagrad' | 'fed-adam' | 'fed-yogi', Rule> => ({
  'fed-avg-m': optimiser(
    {
      summary: 'a step along the momentum of the rounds’ changes (Hsu et al. 2019)',
      options: momentumOptions,
      carries: ['momentum'],
      step: momentumStep,
    },
    inner,
  ),
  'fed-adagrad': optimiser(
    {
      summary: 'an Adagrad step: by the root of all squared changes so far (Reddi et al. 2021, algorithm 2)',
      options: adaptiveOptions,
      carries: adaptive,
      step: (options, carried) => adaptiveStep(options, (square, latest) => square + latest, carried),
    },
    inner,
  ),
  'fed-adam': optimiser(
    {
      summary: 'an Adam step: by the root of the running mean of squared changes (Reddi et al. 2021, algorithm 2)',
      options: decayingOptions,
      carries: adaptive,
      step: (options, carried) =>
        adaptiveStep(options, (square, latest) => options.beta2 * square + (1 - options.beta2) * latest, carried),
    },
    inner,
  ),
  'fed-yogi': optimiser(
    {
      summary: 'a Yogi step: as Adam’s, with a mean of squares that grows slowly (Reddi et al. 2021, algorithm 2)',
      options: decayingOptions,
      carries: adaptive,
      step: (options, carried) =>
        adaptiveStep(
          options,
          (square, latest) => square - (1 - options.beta2) * latest * Math.sign(square - latest),
          carried,
        ),
    },
    inner,
  ),
});
