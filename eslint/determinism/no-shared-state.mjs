// no-shared-state: what a process remembers from one transaction to the next, another peer's process does not.

import { globalName, rule } from './names.mjs';

const COLLECTIONS = new Set(['Map', 'Set', 'WeakMap', 'WeakSet', 'Array']);
const CONTRACT = /Contract$/;

/** Whether an expression makes something that can be filled: a collection without contents, or an empty literal. */
function isFillable(context, node) {
  if (node?.type === 'TSAsExpression' || node?.type === 'TSSatisfiesExpression')
    return isFillable(context, node.expression);
  if (node?.type === 'NewExpression')
    return COLLECTIONS.has(globalName(context, node.callee)) && node.arguments.length === 0;
  if (node?.type === 'ArrayExpression') return node.elements.length === 0;
  return node?.type === 'ObjectExpression' && node.properties.length === 0;
}

const isContract = (node) => node.superClass?.type === 'Identifier' && CONTRACT.test(node.superClass.name);

export default rule(
  'forbids state that outlives a transaction: let and empty collections of a module, fields of contracts',
  '{{name}} outlives the transaction; another peer’s process remembers something else.',
  (context, report) => ({
    'Program > VariableDeclaration, Program > ExportNamedDeclaration > VariableDeclaration'(node) {
      for (const { id, init } of node.declarations) {
        const name = context.sourceCode.getText(id).split(':')[0];
        if (node.kind !== 'const' || isFillable(context, init)) report(node, { name });
      }
    },
    PropertyDefinition(node) {
      if (isContract(node.parent.parent)) report(node, { name: context.sourceCode.getText(node.key) });
      else if (node.static && !node.readonly) report(node, { name: context.sourceCode.getText(node.key) });
    },
    AssignmentExpression(node) {
      const { left } = node;
      if (left.type !== 'MemberExpression' || left.object.type !== 'ThisExpression') return;
      let at = node.parent;
      while (at !== null && !/^Class(Declaration|Expression)$/.test(at.type)) at = at.parent;
      if (at !== null && isContract(at)) report(node, { name: context.sourceCode.getText(left) });
    },
  }),
);
