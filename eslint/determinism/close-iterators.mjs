// close-iterators: an iterator holds resources of the peer until it is closed or the transaction ends.

import { memberName, rule } from './names.mjs';

const OPENS = /^get(State|PrivateData)By\w+$|^getHistoryForKey$|^get(Private\w*)?QueryResult\w*$/;

/** The function that a node stands in. */
function functionOf(node) {
  let at = node;
  while (at !== null && !/Function/.test(at.type)) at = at.parent;
  return at;
}

/** Whether a call's result is handed to another function as it is, which then has to close it. */
function isHandedOn(node) {
  const value = node.parent.type === 'AwaitExpression' ? node.parent : node;
  return value.parent.type === 'CallExpression' && value.parent.arguments.includes(value);
}

/** Names that a call's result, or its member `iterator`, is bound to. */
function boundNames(node) {
  const value = node.parent.type === 'AwaitExpression' ? node.parent : node;
  const { parent } = value;
  if (parent.type !== 'VariableDeclarator') return [];
  if (parent.id.type === 'Identifier') return [parent.id.name];
  if (parent.id.type !== 'ObjectPattern') return [];
  return parent.id.properties
    .filter((property) => property.key?.name === 'iterator')
    .map((property) => property.value.name);
}

export default rule(
  'demands that an iterator is closed in a finally block, or handed to a function that does so',
  'The iterator of {{name}} is not closed in a finally block, nor handed to a function that closes it.',
  (context, report) => {
    const opened = [];
    const released = [];
    const inFinally = (node) => {
      for (let at = node; at.parent !== null; at = at.parent) {
        if (at.parent.type === 'TryStatement' && at.parent.finalizer === at) return true;
      }
      return false;
    };
    return {
      CallExpression(node) {
        const name = memberName(node.callee);
        if (name !== undefined && OPENS.test(name)) opened.push([node, name]);
        if (name === 'close' && node.callee.object.type === 'Identifier' && inFinally(node)) {
          released.push([functionOf(node), node.callee.object.name]);
        }
        for (const argument of node.arguments) {
          if (argument.type === 'Identifier') released.push([functionOf(node), argument.name]);
        }
      },
      'Program:exit'() {
        for (const [node, name] of opened) {
          if (isHandedOn(node)) continue;
          const names = boundNames(node);
          const isReleased = released.some(([where, what]) => where === functionOf(node) && names.includes(what));
          if (!isReleased) report(node, { name });
        }
      },
    };
  },
);
