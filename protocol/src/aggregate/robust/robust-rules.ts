// The rules that promise something although some updates lie: one entry each. None of them weighs by claimed examples.

import { z } from 'zod';
import { rule, type Rule } from '../rule.ts';
import { BEFORE } from './before.ts';
import { geometricMedian, centredClipping, normClipping } from './clip.ts';
import { meamed, median, trimmedMean } from './coordinate.ts';
import { bulyan, krum, mda, multiKrum } from './distance.ts';
import { flTrust } from './root.ts';
import { createHeld, heldProblem, type Prepare } from './held.ts';
import {
  atLeast2f1,
  atLeast2f2,
  atLeast2f3,
  atLeast4f3,
  fewSubsets,
  maliciousPercent,
  type Bound,
} from './malicious.ts';

/** What every robust rule takes. */
const common = {
  maliciousPercent,
  before: z
    .array(z.enum(BEFORE))
    .max(BEFORE.length)
    .refine((names) => new Set(names).size === names.length, 'must name each once')
    .default([])
    .describe('what is done to the updates first, in this order: nnm, bucketing, arc'),
  bucketSize: z.int().min(2).max(100).default(2).describe('updates of a bucket, where before names bucketing'),
};

const neighbours = z
  .enum(['n-f-2', 'n-f-1'])
  .default('n-f-2')
  .describe('neighbours that count: n-f-2 as in the paper and Flower, n-f-1 as in byzfl');
const score = z
  .enum(['sum', 'mean'])
  .default('sum')
  .describe('of their distances: sum as in the paper, mean as in byzfl');
const iterations = z.int().min(1).max(20);
const distance = z.number().gt(0).max(1e6);

interface Entry<S extends typeof plainSchema> {
  readonly summary: string;
  readonly assumes: string;
  readonly schema: S;
  readonly pairwise?: boolean;
  readonly carries?: readonly string[];
  readonly bound: (options: z.output<S>) => Bound;
  readonly prepare: (options: z.output<S>) => Prepare;
}

const plainSchema = z.strictObject(common);

function held<S extends typeof plainSchema>(
  name: string,
  { summary, assumes, schema, pairwise = false, carries = [], bound, prepare }: Entry<S>,
): Rule {
  return rule({
    summary,
    assumes,
    options: schema,
    carries: () => carries,
    problem: (options, n) => heldProblem({ bound: bound(options), pairwise }, options, n),
    create: (options, surroundings) =>
      createHeld(name, { bound: bound(options), pairwise, prepare: prepare(options) }, options, surroundings),
  });
}

const krumBound = ({ neighbours: how }: { readonly neighbours: 'n-f-2' | 'n-f-1' }): Bound =>
  how === 'n-f-2' ? atLeast2f3 : atLeast2f2;

const krumSchema = z.strictObject({ ...common, neighbours, score });

export const robustRules = {
  median: held('median', {
    summary: 'median of each parameter (Yin et al. 2018, algorithm 1)',
    assumes: 'n ≥ 2f + 1',
    schema: plainSchema,
    bound: () => atLeast2f1,
    prepare: () => median,
  }),
  'trimmed-mean': held('trimmed-mean', {
    summary: 'mean of each parameter without the f lowest and the f highest (Yin et al. 2018, algorithm 1)',
    assumes: 'n ≥ 2f + 1',
    schema: plainSchema,
    bound: () => atLeast2f1,
    prepare: () => trimmedMean,
  }),
  meamed: held('meamed', {
    summary: 'mean of the n − f values nearest to the median of each parameter (Xie et al. 2018)',
    assumes: 'n ≥ 2f + 1',
    schema: plainSchema,
    bound: () => atLeast2f1,
    prepare: () => meamed,
  }),
  krum: held('krum', {
    summary: 'the one update nearest to its neighbours (Blanchard et al. 2017)',
    assumes: 'n ≥ 2f + 3 with n-f-2 neighbours, n ≥ 2f + 2 with n-f-1',
    schema: krumSchema,
    pairwise: true,
    bound: krumBound,
    prepare: krum,
  }),
  'multi-krum': held('multi-krum', {
    summary: 'mean of the n − f updates, or as many as keep says, nearest to their neighbours (Blanchard et al. 2017)',
    assumes: 'as krum; n ≥ keep',
    schema: z.strictObject({
      ...krumSchema.shape,
      keep: z.int().min(1).max(100_000).optional().describe('updates that are averaged; n − f by default'),
    }),
    pairwise: true,
    bound: (options) => (n, f) => {
      const { keep = 1 } = options;
      return krumBound(options)(n, f) ?? (n < keep ? `needs n ≥ keep, ${keep}, of ${n}` : undefined);
    },
    prepare: multiKrum,
  }),
  bulyan: held('bulyan', {
    summary: 'n − 2f updates by repeated Krum, then the n − 4f values nearest to their median (El Mhamdi et al. 2018)',
    assumes: 'n ≥ 4f + 3',
    schema: krumSchema,
    pairwise: true,
    bound: () => atLeast4f3,
    prepare: bulyan,
  }),
  mda: held('mda', {
    summary: 'mean of the n − f updates of the smallest diameter (El Mhamdi et al. 2018)',
    assumes: 'n ≥ 2f + 1, and at most 1,000,000 subsets of n − f',
    schema: plainSchema,
    pairwise: true,
    bound: () => fewSubsets,
    prepare: () => mda,
  }),
  'geometric-median': held('geometric-median', {
    summary: 'point of the least sum of distances, by smoothed Weiszfeld steps (Pillutla et al. 2022, algorithm 2)',
    assumes: 'n ≥ 2f + 1',
    schema: z.strictObject({
      ...common,
      nu: distance.default(0.1).describe('distances below it count as it'),
      iterations: iterations.default(3).describe('steps'),
    }),
    bound: () => atLeast2f1,
    prepare: geometricMedian,
  }),
  'norm-clipping': held('norm-clipping', {
    summary: 'mean of the updates, none longer than norm or the median length (Sun et al. 2019)',
    assumes: 'n ≥ 2f + 1 where norm is not given',
    schema: z.strictObject({
      ...common,
      norm: distance.optional().describe('length to which updates are cut; the median of their lengths by default'),
    }),
    bound: ({ norm }) => (norm === undefined ? atLeast2f1 : () => undefined),
    prepare: normClipping,
  }),
  'centred-clipping': held('centred-clipping', {
    summary:
      'mean of the updates, each within tau of a centre, which is the aggregate of the round before (Karimireddy et al. 2021, algorithm 2)',
    assumes: 'n ≥ 2f + 1',
    schema: z.strictObject({
      ...common,
      tau: distance.default(100).describe('how far from the centre an update may lie'),
      iterations: iterations.default(1).describe('steps'),
    }),
    bound: () => atLeast2f1,
    carries: ['centre'],
    prepare: centredClipping,
  }),
  fltrust: {
    ...held('fltrust', {
      summary:
        'updates weighed by their direction beside a root update, and cut to its length (Cao et al. 2021, section 4)',
      assumes: 'root data that are like the agents’; of the validators that train on them fewer than half lie; n ≥ 1',
      schema: plainSchema,
      bound: () => () => undefined,
      prepare: () => flTrust,
    }),
    needsRoot: () => true,
  },
} as const satisfies Record<string, Rule>;
