// Server optimisers (Hsu et al. 2019; Reddi et al. 2021, algorithm 2): another rule's change is taken for a gradient, and stepped
// along with what earlier rounds left. No bias correction, as in the papers; of functions only the square root.

import { z } from 'zod';
import type { Carried, Rule } from './rule.ts';
import { scaffold } from './scaffold.ts';
import { optimiser, type Step } from './server-step.ts';

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

const adaptive = ['momentum', 'square'];

/**
 * The server optimisers.
 * @param inner rules that they may step along, by name
 */
export const serverRules = (
  inner: Readonly<Record<string, Rule>>,
): Record<'fed-avg-m' | 'fed-adagrad' | 'fed-adam' | 'fed-yogi' | 'scaffold', Rule> => ({
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
  scaffold: optimiser(scaffold, inner),
});
