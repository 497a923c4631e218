// Folding element by element. Only what IEEE 754 rounds exactly is: Exp and its kind stay for the runtime.
import { intOf } from '../attributes.ts';
import { elementOf } from '../element-types.ts';
import type { ElementType } from '../graph.ts';
import { stretched, type Content } from './content.ts';
import type { FoldRule } from './rule.ts';

const isInteger = (dtype: ElementType): boolean => dtype === 'int32' || dtype === 'int64';

/** A rule of two inputs that broadcast. */
function binary(apply: (a: number, b: number, dtype: ElementType) => number, result?: ElementType): FoldRule {
  return (_node, { input }, [shape = []]) => {
    const [left, right] = [stretched(input(0), shape), stretched(input(1), shape)];
    const values = left.values.map((a, i) => apply(a, right.values[i] ?? 0, left.dtype));
    return [{ dtype: result ?? left.dtype, shape, values }];
  };
}

function many(apply: (a: number, b: number) => number): FoldRule {
  return (_node, { inputs }, [shape = []]) => {
    const [first, ...others] = inputs.map((each) => stretched(each, shape));
    if (first === undefined) return undefined;
    const values = others.reduce(
      (sofar, { values: next }) => sofar.map((a, i) => apply(a, next[i] ?? 0)),
      first.values,
    );
    return [{ ...first, values }];
  };
}

function unary(apply: (value: number) => number): FoldRule {
  return (_node, { input }) => [{ ...input(0), values: input(0).values.map(apply) }];
}

const truth = (apply: (a: number, b: number) => boolean): FoldRule => binary((a, b) => (apply(a, b) ? 1 : 0), 'bool');

/** Integers divide as C does, towards zero; by zero they do not divide at all. */
const div: FoldRule = (node, inputs, shapes) => {
  const whole = isInteger(inputs.input(0).dtype);
  if (whole && inputs.input(1).values.includes(0)) return undefined;
  return binary((a, b) => (whole ? Math.trunc(a / b) : a / b))(node, inputs, shapes);
};

/** Of integers, with the sign of the divisor. */
const mod: FoldRule = (node, inputs, shapes) => {
  if (!isInteger(inputs.input(0).dtype) || intOf(node, 'fmod', 0) !== 0) return undefined;
  if (inputs.input(1).values.includes(0)) return undefined;
  return binary((a, b) => ((a % b) + b) % b)(node, inputs, shapes);
};

const cast: FoldRule = (node, { input }) => {
  const dtype = elementOf(intOf(node, 'to', 0));
  const { shape, values } = input(0);
  if (dtype === undefined || values.some((value) => !Number.isFinite(value))) return undefined;
  return [{ dtype, shape, values: isInteger(dtype) ? values.map(Math.trunc) : values }];
};

const where: FoldRule = (_node, { inputs }, [shape = []]) => {
  const [condition, yes, no] = inputs.map((each): Content => stretched(each, shape));
  if (condition === undefined || yes === undefined || no === undefined) return undefined;
  return [{ ...yes, values: condition.values.map((met, i) => (met === 0 ? no : yes).values[i] ?? 0) }];
};

const not: FoldRule = (_node, { input }) => [{ ...input(0), values: input(0).values.map((value) => 1 - value) }];

export const ARITHMETIC: readonly (readonly [string, FoldRule])[] = [
  ['Abs', unary(Math.abs)],
  ['Add', binary((a, b) => a + b)],
  ['And', truth((a, b) => a !== 0 && b !== 0)],
  ['Cast', cast],
  ['Ceil', unary(Math.ceil)],
  ['Div', div],
  ['Equal', truth((a, b) => a === b)],
  ['Floor', unary(Math.floor)],
  ['Greater', truth((a, b) => a > b)],
  ['GreaterOrEqual', truth((a, b) => a >= b)],
  ['Less', truth((a, b) => a < b)],
  ['LessOrEqual', truth((a, b) => a <= b)],
  ['Max', many(Math.max)],
  ['Min', many(Math.min)],
  ['Mod', mod],
  ['Mul', binary((a, b) => a * b)],
  ['Neg', unary((value) => -value)],
  ['Not', not],
  ['Or', truth((a, b) => a !== 0 || b !== 0)],
  ['Sqrt', unary(Math.sqrt)],
  ['Sub', binary((a, b) => a - b)],
  ['Where', where],
];
