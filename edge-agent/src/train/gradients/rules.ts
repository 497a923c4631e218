// The table of reverse-mode rules: operator -> rule. A new operator is one row here and one in graph/shapes.ts.
import { logSoftmax, relu, sigmoid, softmax, tanh } from './activation.ts';
import { conv } from './convolution.ts';
import { add, mul, sub } from './elementwise.ts';
import { reshape, transpose } from './layout.ts';
import { gemm, matMul } from './linear.ts';
import { averagePool, globalAveragePool, maxPool, reduceMean } from './pooling.ts';
import type { GradientRule } from './rule.ts';

export const GRADIENT_RULES: ReadonlyMap<string, GradientRule> = new Map([
  ['Add', add],
  ['AveragePool', averagePool],
  ['Conv', conv],
  ['Flatten', reshape],
  ['Gemm', gemm],
  ['GlobalAveragePool', globalAveragePool],
  ['LogSoftmax', logSoftmax],
  ['MatMul', matMul],
  ['MaxPool', maxPool],
  ['Mul', mul],
  ['ReduceMean', reduceMean],
  ['Relu', relu],
  ['Reshape', reshape],
  ['Sigmoid', sigmoid],
  ['Softmax', softmax],
  ['Sub', sub],
  ['Tanh', tanh],
  ['Transpose', transpose],
]);
