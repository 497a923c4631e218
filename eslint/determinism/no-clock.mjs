// no-clock: two peers read two times. The only time is the transaction's.

import { globalName, isGlobal, isReference, rule } from './names.mjs';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'performance', 'queueMicrotask'];
const MODULES = /^(node:)?(timers|timers\/promises|perf_hooks)$/;

export default rule(
  'forbids the clock: Date.now, new Date without a time, performance, timers',
  '{{name}} depends on the clock of the machine; the only time is that of the transaction.',
  (context, report) => ({
    NewExpression(node) {
      if (globalName(context, node.callee) === 'Date' && node.arguments.length === 0)
        report(node, { name: 'new Date()' });
    },
    CallExpression(node) {
      if (globalName(context, node.callee) === 'Date') report(node, { name: 'Date()' });
    },
    MemberExpression(node) {
      const object = globalName(context, node.object);
      if (object === 'Date' && node.property.name === 'now') report(node, { name: 'Date.now' });
      if (object === 'process' && /^(hrtime|uptime)$/.test(node.property.name))
        report(node, { name: 'process.hrtime' });
    },
    Identifier(node) {
      if (TIMERS.includes(node.name) && isReference(node) && isGlobal(context, node)) report(node, { name: node.name });
    },
    ImportDeclaration(node) {
      if (MODULES.test(node.source.value)) report(node, { name: node.source.value });
    },
  }),
);
