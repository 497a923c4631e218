// The train-step graphs of the built-in models: their digests are what jobs were voted on, so they change with a reason only.
import { expect, test } from '@jest/globals';
import { digestOf } from '@muster/protocol';
import { cnn, mlp } from '../models/index.ts';
import { buildTrainStep, type TrainStepOptions } from './train-step.ts';

const MODELS = { mlp: mlp({ sizes: [784, 200, 200, 10], seed: 1 }), cnn: cnn({ seed: 1 }) };
const SGD = { name: 'sgd', learningRate: 0.1, momentum: 0 } as const;
const PLAIN: TrainStepOptions = { batchSize: 10, loss: 'cross-entropy', optimiser: SGD, proximal: 0, stepsPerRun: 1 };
const MOMENTUM: TrainStepOptions = { ...PLAIN, optimiser: { ...SGD, momentum: 0.9 }, proximal: 0.01 };
const CONTROLLED: TrainStepOptions = { ...PLAIN, control: 1 };
const MANY: TrainStepOptions = { ...PLAIN, stepsPerRun: 50 };

test.each([
  ['mlp', PLAIN, 'sha256:11bfcb913a697eb48e11bdd7ef7cb61049cfee6836ea7ba9193749abcb592654'],
  ['mlp', MOMENTUM, 'sha256:e1a2167e372b5527d737c0677bc6dd7377d888909cc0ae367a472ca201436c0d'],
  ['mlp', MANY, 'sha256:9d124aa4cf6af754eb2b9fb1ce7d3f8662b10692356e04518351fe84d3fa69d7'],
  ['cnn', PLAIN, 'sha256:8b8ed38054dad6ab9282d54a5749a01072bc4a92587e8fadc19cf4a3744e905c'],
  ['cnn', MOMENTUM, 'sha256:c86f9a0499286df5c2d8907a6bd91c01be90d8eca9741856f1ef6d4635f26e43'],
  ['cnn', MANY, 'sha256:75a636dddbef815feb4ea350768a5204e9da7ddf6fdde8406c0fec3415ef29a2'],
  ['mlp', CONTROLLED, 'sha256:37b88d19732825e146e27c7b8b7f3a1faa345328b58ccdcdeb7b7ce4a616ad78'],
  [
    'mlp',
    { ...CONTROLLED, stepsPerRun: 50 },
    'sha256:5198af62b9d05a5337a365e5dd30b10aa91506aaa0d2cc3fe91979019c730cad',
  ],
] as const)('the train step of the built-in %s keeps its digest (%#)', (name, options, digest) => {
  expect(digestOf(buildTrainStep(MODELS[name], options))).toBe(digest);
});
