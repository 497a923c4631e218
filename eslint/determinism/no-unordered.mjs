// no-unordered: orders that the language leaves open, or that a locale decides.

import { globalName, memberName, rule } from './names.mjs';

const LOCALE = /^(localeCompare|toLocale\w+)$/;

export default rule(
  'forbids orders and forms that are not fixed: for-in, sort without a comparison, locales',
  '{{name}} may differ between machines; {{instead}}.',
  (context, report) => ({
    ForInStatement(node) {
      report(node, { name: 'for-in', instead: 'iterate over Object.keys, sorted where the order shows' });
    },
    Identifier(node) {
      if (node.name === 'Intl' && globalName(context, node) === 'Intl' && node.parent.property !== node) {
        report(node, { name: 'Intl', instead: 'compare code units' });
      }
    },
    MemberExpression(node) {
      const name = memberName(node);
      if (name !== undefined && LOCALE.test(name)) report(node, { name, instead: 'compare code units' });
    },
    CallExpression(node) {
      const { callee } = node;
      const name = memberName(callee);
      if ((name !== 'sort' && name !== 'toSorted') || node.arguments.length > 0) return;
      // names of members are texts, which sort() compares by code units; of anything else it compares the texts made of it
      const of = callee.object.type === 'CallExpression' ? callee.object.callee : undefined;
      const isKeys =
        of?.type === 'MemberExpression' && memberName(of) === 'keys' && globalName(context, of.object) === 'Object';
      if (!isKeys) report(node, { name: `${name}()`, instead: 'give a comparison' });
    },
  }),
);
