// await-stub: a call to the peer that nobody waits for may be lost, or come after the transaction's answer.

import { memberName, rule } from './names.mjs';

const CALLS =
  /^(putState|deleteState|getState|setStateValidationParameter|getStateValidationParameter|putPrivateData|deletePrivateData|purgePrivateData|getPrivateData|invokeChaincode|flush)$/;
const WAITED =
  /^(AwaitExpression|ReturnStatement|ArrowFunctionExpression|VariableDeclarator|AssignmentExpression|CallExpression|ArrayExpression|YieldExpression|ConditionalExpression|LogicalExpression)$/;

export default rule(
  'demands that calls to the peer are awaited, returned or handed on',
  '{{name}} is not awaited: its failure would be lost, its write may come too late.',
  (_context, report) => ({
    CallExpression(node) {
      const name = memberName(node.callee);
      if (name !== undefined && CALLS.test(name) && !WAITED.test(node.parent.type)) report(node, { name });
    },
  }),
);
