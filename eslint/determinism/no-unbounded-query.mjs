// no-unbounded-query: a range without an end holds a peer up (fabric issue 5048 crashed one), and a range or rich query in a
// transaction that writes is a phantom waiting to happen (Fabric docs, readwrite.rst; rich queries are not even checked).

import { memberName, rule } from './names.mjs';

const UNBOUNDED =
  /^(getStateByRange|getStateByPartialCompositeKey|getPrivateDataByRange|getPrivateDataByPartialCompositeKey)$/;
const RICH = /^(getQueryResult|getQueryResultWithPagination|getPrivateDataQueryResult)$/;
const RANGED = /^(getStateByRangeWithPagination|getStateByPartialCompositeKeyWithPagination|getHistoryForKey)$/;
/** Adapters name the ledger's own queries so. */
const QUERIES = /^(page|history)$/;
const WRITES = /^(put|putState|deleteState|setEndorsement|setStateValidationParameter|emit|setEvent)$/;

/** The outermost function around a node: the whole of what a transaction does there. */
function outermost(node) {
  let found;
  for (let at = node; at !== null; at = at.parent) if (/Function/.test(at.type)) found = at;
  return found;
}

export default rule(
  'forbids ranges without pagination, rich queries, and any range in a function that writes',
  '{{name}} {{why}}.',
  (context, report) => {
    const ranged = [];
    const writing = new Set();
    return {
      MemberExpression(node) {
        const name = memberName(node);
        if (name === undefined) return;
        if (UNBOUNDED.test(name)) report(node, { name, why: 'has no end; use the function with pagination' });
        else if (RICH.test(name))
          report(node, { name, why: 'is not checked for phantoms; the gateways answer rich queries' });
      },
      CallExpression(node) {
        const name = memberName(node.callee);
        if (name === undefined) return;
        const ofLedger = /ledger$/i.test(context.sourceCode.getText(node.callee.object));
        if (RANGED.test(name) || (QUERIES.test(name) && ofLedger)) ranged.push([node, name]);
        if (WRITES.test(name)) writing.add(outermost(node));
      },
      'Program:exit'() {
        for (const [node, name] of ranged) {
          if (writing.has(outermost(node)))
            report(node, { name, why: 'in a function that writes conflicts with every other writer' });
        }
      },
    };
  },
);
