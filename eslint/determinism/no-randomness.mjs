// no-randomness: two peers draw two numbers, and their endorsements differ.

import { globalMember, memberName, rule } from './names.mjs';

const DRAWS = /^(random.*|generateKey.*|getRandomValues|createDiffieHellman|createECDH)$/;
const MODULE = /^(node:)?crypto$/;

export default rule(
  'forbids randomness: Math.random and what of node:crypto draws',
  '{{name}} is another on every machine; derive what must vary from the transaction.',
  (context, report) => {
    const modules = new Set(['crypto']);
    return {
      ImportDeclaration(node) {
        if (!MODULE.test(node.source.value)) return;
        for (const specifier of node.specifiers) {
          const imported = specifier.type === 'ImportSpecifier' ? specifier.imported.name : undefined;
          if (imported === undefined) modules.add(specifier.local.name);
          else if (DRAWS.test(imported)) report(specifier, { name: imported });
        }
      },
      MemberExpression(node) {
        if (globalMember(context, node) === 'Math.random') report(node, { name: 'Math.random' });
        const { object } = node;
        const name = memberName(node);
        const ofModule = object.type === 'Identifier' && modules.has(object.name);
        if (ofModule && name !== undefined && DRAWS.test(name)) report(node, { name: `${object.name}.${name}` });
      },
    };
  },
);
