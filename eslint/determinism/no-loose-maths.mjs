// no-loose-maths: ECMAScript fixes + - * / % and sqrt to the bit, and leaves exp, log, pow and the rest to the engine
// (ECMA-262, section 21.3.2: "implementation-approximated").

import { globalMember, rule } from './names.mjs';

const EXACT = new Set(
  ['abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc'].map(
    (name) => `Math.${name}`,
  ),
);
const isPowerOfTwo = ({ left }) => left.type === 'Literal' && left.value === 2;

export default rule(
  'forbids arithmetic whose last bits the engine decides: Math.exp, log, pow, sin …, ** of anything but 2',
  '{{name}} is not fixed to the bit by ECMAScript; use + - * / and Math.sqrt in a fixed order.',
  (context, report) => ({
    MemberExpression(node) {
      const name = globalMember(context, node);
      // Math.random is no-randomness's
      if (name?.startsWith('Math.') && !EXACT.has(name) && name !== 'Math.random') report(node, { name });
    },
    BinaryExpression(node) {
      // a power of two is exact in every engine: its result is a double
      if (node.operator === '**' && !isPowerOfTwo(node)) report(node, { name: '**' });
    },
    AssignmentExpression(node) {
      if (node.operator === '**=') report(node, { name: '**=' });
    },
  }),
);
