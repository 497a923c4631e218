// The train-step graphs of the built-in models: their digests are what jobs were voted on, so they change with a reason only.
import { expect, test } from '@jest/globals';
import { digestOf } from '@muster/protocol';
import { cnn, mlp } from '../models/index.ts';
import { buildTrainStep, type TrainStepOptions } from './train-step.ts';

const MODELS = { mlp: mlp({ sizes: [784, 200, 200, 10], seed: 1 }), cnn: cnn({ seed: 1 }) };
const SGD = { name: 'sgd', learningRate: 0.1, momentum: 0 } as const;
const PLAIN: TrainStepOptions = { batchSize: 10, loss: 'cross-entropy', optimiser: SGD, proximal: 0, stepsPerRun: 1 };
const MOMENTUM: TrainStepOptions = { ...PLAIN, optimiser: { ...SGD, momentum: 0.9 }, proximal: 0.01 };
const MANY: TrainStepOptions = { ...PLAIN, stepsPerRun: 50 };

test.each([
  ['mlp', PLAIN, 'sha256:c454b01d16ead7f79c7ba2e802768218ecb64644e10664656d9d919fbce401d4'],
  ['mlp', MOMENTUM, 'sha256:01cab36ac9b58a071f2e4ac60b99a68408bed738e7ec28e0eba736df30dbd0bf'],
  ['mlp', MANY, 'sha256:94974ae49235e7983a85fc195e03a2e0b89cfa7bf08967e185c05515ff09bc4a'],
  ['cnn', PLAIN, 'sha256:0c65e73dcf7e9cb3916dda650ecc62533f37c1f7886c9457469474a10aa76ebf'],
  ['cnn', MOMENTUM, 'sha256:41b5b10b6c2c4ce63242aa38918dbd3ad4f777d957637a30859ab7148cd2d97c'],
  ['cnn', MANY, 'sha256:02cdd0844388097da97f3850686517535994c649bcd468069f86f3c53f2a977c'],
] as const)('the train step of the built-in %s keeps its digest (%#)', (name, options, digest) => {
  expect(digestOf(buildTrainStep(MODELS[name], options))).toBe(digest);
});
