// What the plugin exports, for TypeScript.

import type { ESLint, Rule } from 'eslint';

export declare const rules: Readonly<Record<string, Rule.RuleModule>>;
export declare const all: Readonly<Record<string, 'error'>>;
declare const plugin: ESLint.Plugin;
export default plugin;
