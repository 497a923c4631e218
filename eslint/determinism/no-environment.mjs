// no-environment: what a machine is told or holds on disk differs from what another does.

import { globalMember, globalName, isGlobal, isReference, rule } from './names.mjs';

const MODULES =
  /^(node:)?(fs|fs\/promises|net|tls|http|http2|https|dns|dns\/promises|dgram|os|child_process|cluster|worker_threads|process|v8|vm|sqlite|inspector|module)$/;
const GLOBALS = [
  'fetch',
  'WebSocket',
  'EventSource',
  'navigator',
  'eval',
  'Function',
  'WeakRef',
  'FinalizationRegistry',
];

export default rule(
  'forbids environment and I/O: process, fs, net, fetch, dynamic import, eval',
  '{{name}} depends on the machine; a transaction depends on its arguments and on the ledger alone.',
  (context, report) => ({
    ImportDeclaration(node) {
      if (MODULES.test(node.source.value)) report(node, { name: node.source.value });
    },
    ImportExpression(node) {
      report(node, { name: 'import()' });
    },
    MemberExpression(node) {
      if (globalName(context, node.object) === 'process')
        report(node, { name: globalMember(context, node) ?? 'process' });
    },
    Identifier(node) {
      if (GLOBALS.includes(node.name) && isReference(node) && isGlobal(context, node))
        report(node, { name: node.name });
    },
  }),
);
