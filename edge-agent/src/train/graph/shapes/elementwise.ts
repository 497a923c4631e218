// Element by element: arithmetic, activations, comparisons, choices, casts.
import { intOf, misshapen, unsupported } from '../attributes.ts';
import { elementOf, strangerType } from '../element-types.ts';
import type { Node, Shape } from '../graph.ts';
import { broadcast } from './geometry.ts';
import { same, shaped, typed, type ShapeContext, type ShapeRule } from './rule.ts';

/** All inputs broadcast against each other. */
function together(node: Node, { input }: ShapeContext): Shape {
  const [first, ...others] = node.inputs.map((_, index) => input(index));
  if (first === undefined) throw misshapen(node, 'it has no input');
  return others.reduce((shape, other) => broadcast(node, shape, other), first);
}

const arithmetic = shaped(together);
const comparison = typed('bool', together);
const question = typed('bool', (_node, { input }) => input(0));

const where: ShapeRule = (node, context) => [{ dtype: context.dtype(1), shape: together(node, context) }];

const cast: ShapeRule = (node, { input }) => {
  const code = intOf(node, 'to', 0);
  const dtype = elementOf(code);
  if (dtype === undefined) throw unsupported(node, `its result ${strangerType(code)}`);
  return [{ dtype, shape: input(0) }];
};

const UNARY = [
  ...[
    'Abs',
    'Ceil',
    'Clip',
    'Cos',
    'Elu',
    'Erf',
    'Exp',
    'Floor',
    'HardSigmoid',
    'LeakyRelu',
    'Log',
    'LogSoftmax',
    'Neg',
  ],
  ...[
    'Reciprocal',
    'Relu',
    'Round',
    'Selu',
    'Sigmoid',
    'Sign',
    'Sin',
    'Softmax',
    'Softplus',
    'Softsign',
    'Sqrt',
    'Tanh',
  ],
];

export const ELEMENTWISE_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ...UNARY.map((operator) => [operator, same] as const),
  ...['Add', 'Div', 'Max', 'Min', 'Mod', 'Mul', 'Pow', 'Sub'].map((operator) => [operator, arithmetic] as const),
  ...['And', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Or', 'Xor'].map(
    (operator) => [operator, comparison] as const,
  ),
  ...['IsInf', 'IsNaN', 'Not'].map((operator) => [operator, question] as const),
  ['Cast', cast],
  ['Where', where],
];
