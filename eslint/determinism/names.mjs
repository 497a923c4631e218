// What the rules know of code: whether an identifier is a global, and what a member is called.

/** Whether an identifier means the global of that name, not a variable of the file. */
export function isGlobal(context, identifier) {
  for (let scope = context.sourceCode.getScope(identifier); scope !== null; scope = scope.upper) {
    const variable = scope.set.get(identifier.name);
    if (variable !== undefined) return variable.defs.length === 0;
  }
  return true;
}

/** The name of a member where it is written out: `a.b` and `a['b']`. */
export function memberName(node) {
  if (node.type !== 'MemberExpression') return undefined;
  if (!node.computed) return node.property.name;
  return node.property.type === 'Literal' ? String(node.property.value) : undefined;
}

/** `<object>.<member>` of a member of a global, such as `Math.random`, also below `globalThis`. */
export function globalMember(context, node) {
  const name = memberName(node);
  if (name === undefined) return undefined;
  const object = globalName(context, node.object);
  return object === undefined ? undefined : `${object}.${name}`;
}

/** The name of a global: `Date`, or `globalThis.Date`. */
export function globalName(context, node) {
  if (node.type === 'Identifier') return isGlobal(context, node) ? node.name : undefined;
  if (node.type === 'MemberExpression' && node.object.type === 'Identifier' && node.object.name === 'globalThis') {
    return isGlobal(context, node.object) ? memberName(node) : undefined;
  }
  return undefined;
}

/** Whether an identifier stands for a value, rather than being the name of a member, a label or a type. */
export function isReference(node) {
  const { parent } = node;
  if (parent.type === 'MemberExpression') return parent.object === node || parent.computed;
  if (parent.type === 'Property') return parent.value === node || parent.computed || parent.shorthand;
  if (/^(PropertyDefinition|MethodDefinition)$/.test(parent.type)) return parent.value === node || parent.computed;
  return (
    !/^(TS|Import|Export|Label|Break|Continue)/.test(parent.type) ||
    /^TS(AsExpression|NonNullExpression|SatisfiesExpression)$/.test(parent.type)
  );
}

/** A rule that reports nodes under one message. */
export function rule(docs, message, create) {
  return {
    meta: { type: 'problem', docs: { description: docs }, schema: [], messages: { found: message } },
    create(context) {
      return create(context, (node, data = {}) => context.report({ node, messageId: 'found', data }));
    },
  };
}

/** A rule against globals and members of globals. */
export function againstGlobals(docs, message, { globals = [], members = [] }) {
  return rule(docs, message, (context, report) => ({
    Identifier(node) {
      if (globals.includes(node.name) && isReference(node) && isGlobal(context, node))
        report(node, { name: node.name });
    },
    MemberExpression(node) {
      const name = globalMember(context, node);
      if (name === undefined) return;
      if (members.includes(name)) report(node, { name });
      else if (name.startsWith('globalThis.') && globals.includes(name.slice('globalThis.'.length)))
        report(node, { name });
    },
  }));
}
