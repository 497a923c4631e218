// The determinism rules themselves: what each takes and what it refuses, by ESLint's own RuleTester.

import { afterAll, describe, expect, test } from '@jest/globals';
import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { rules } from './index.mjs';

RuleTester.describe = describe;
RuleTester.it = test;
(RuleTester as unknown as { afterAll: typeof afterAll }).afterAll = afterAll;

const tester = new RuleTester({
  languageOptions: { parser: tseslint.parser, ecmaVersion: 2024, sourceType: 'module' },
});

interface Cases {
  readonly valid: readonly string[];
  /** each is reported exactly once */
  readonly invalid: readonly string[];
}

const cases: Readonly<Record<string, Cases>> = {
  'no-clock': {
    valid: [
      'const at = ledger.moment.at;',
      'new Date(at).toISOString();',
      'function f(Date) { return Date.now(); }',
      'stub.performance; ({ setTimeout: 1 });',
      'import { createHash } from "node:crypto";',
    ],
    invalid: [
      'const at = Date.now();',
      'globalThis.Date.now();',
      'const now = Date.now;',
      'new Date();',
      'Date();',
      'performance.now();',
      'setTimeout(f, 1);',
      'const later = setImmediate;',
      'process.hrtime();',
      'import { setTimeout as wait } from "node:timers/promises";',
      'import { performance as clock } from "perf_hooks";',
    ],
  },
  'no-randomness': {
    valid: [
      'import { createHash, verify } from "node:crypto"; createHash("sha256");',
      'const { random } = terms; random.x;',
      'function f(Math) { return Math.random(); }',
    ],
    invalid: [
      'Math.random();',
      'const draw = Math.random;',
      'globalThis.Math.random();',
      'import { randomBytes } from "node:crypto";',
      'import { randomUUID as id } from "crypto";',
      'import * as c from "node:crypto"; c.randomInt(3);',
      'import c from "node:crypto"; c.generateKeyPairSync("ec", {});',
      'crypto.getRandomValues(bytes);',
      'crypto["randomUUID"]();',
    ],
  },
  'no-environment': {
    valid: [
      'import { createHash } from "node:crypto";',
      'ledger.fetch; ({ fetch: 1 });',
      'import { z } from "zod";',
      'function f(process) { return process.env; }',
    ],
    invalid: [
      'const home = process.env.HOME;',
      'process.platform;',
      'import { readFileSync } from "node:fs";',
      'import fs from "fs/promises";',
      'import { request } from "https";',
      'import os from "node:os";',
      'await fetch(url);',
      'const load = () => import("./other.ts");',
      'eval(text);',
      'new Function("return 1");',
      'new WeakRef(x);',
    ],
  },
  'no-unordered': {
    valid: [
      'for (const key of Object.keys(value)) f(key);',
      'list.sort((a, b) => (a < b ? -1 : 1));',
      'Object.keys(value).sort();',
      'Object.keys(value).toSorted();',
      'text.toLowerCase();',
    ],
    invalid: [
      'for (const key in value) f(key);',
      'list.sort();',
      'list.toSorted();',
      'Object.values(value).sort();',
      'a.localeCompare(b);',
      'list.sort((a, b) => a.localeCompare(b));',
      'n.toLocaleString();',
      'text.toLocaleLowerCase();',
      'new Intl.Collator();',
    ],
  },
  'no-loose-maths': {
    valid: [
      'Math.sqrt(x) + Math.abs(y) - Math.round(z);',
      'const scale = 2 ** bits;',
      'a * b / c % d;',
      'function f(Math) { return Math.exp(1); }',
    ],
    invalid: [
      'Math.exp(x);',
      'Math.log2(x);',
      'Math.pow(x, 2);',
      'Math.hypot(x, y);',
      'const sine = Math.sin;',
      'Math.PI * r;',
      'x ** 0.5;',
      'x **= 2;',
      'globalThis.Math.cos(x);',
    ],
  },
  'no-unbounded-query': {
    valid: [
      'async function page(stub) { return read(await stub.getStateByPartialCompositeKeyWithPagination("job", [], 10, "")); }',
      'async function list(ledger) { return ledger.page("job", [], 10, ""); }',
      'function put(ledger) { ledger.put(key, value); }',
      'async function f(book, ledger) { await book.page(1); ledger.put(key, value); }',
    ],
    invalid: [
      'stub.getStateByRange("", "");',
      'stub.getStateByPartialCompositeKey("job", []);',
      'stub.getQueryResult("{}");',
      'stub.getQueryResultWithPagination("{}", 10, "");',
      'async function f(stub) { await stub.getHistoryForKey(key); await stub.putState(key, value); }',
      'async function f(ledger) { const jobs = await ledger.page("job", [], 10, ""); ledger.put(key, jobs); }',
      'async function f(ctx) { return run(async () => { await ctx.ledger.history(key, 1, 0); ctx.ledger.emit([]); }); }',
      'async function f(ledger) { const g = () => ledger.put(k, v); await ledger.page("job", [], 1, ""); g(); }',
    ],
  },
  'close-iterators': {
    valid: [
      'async function f(stub) { await drain(await stub.getHistoryForKey(key), take); }',
      'async function f(stub) { const { iterator, metadata } = await stub.getStateByRangeWithPagination("", "", 1, ""); await drain(iterator, take); }',
      'async function f(stub) { const found = await stub.getHistoryForKey(key); try { use(1); } finally { await found.close(); } }',
    ],
    invalid: [
      'async function f(stub) { const found = await stub.getHistoryForKey(key); await found.next(); }',
      'async function f(stub) { const found = await stub.getHistoryForKey(key); await found.next(); await found.close(); }',
      'async function f(stub) { await stub.getStateByRange("", ""); }',
      'async function f(stub) { for await (const x of stub.getStateByRange("", "")) use(x); }',
      'async function f(stub) { const { iterator } = await stub.getStateByRangeWithPagination("", "", 1, ""); return iterator.next(); }',
    ],
  },
  'no-shared-state': {
    valid: [
      'const LIMIT = 5;',
      'const known = new Set(["a"]);',
      'const rules = { a: 1 };',
      'function f() { let x = 1; const seen = new Map(); return seen.get(x); }',
      'class Ledger { #known = new Map(); put() { this.value = 1; } }',
      'class AContract extends Contract { get(ctx) { ctx.value = 1; } }',
      'class Table { static readonly rows = 3; }',
    ],
    invalid: [
      'let count = 0;',
      'export let last;',
      'var total;',
      'const cache = new Map();',
      'export const seen = new Set<string>();',
      'const list: string[] = [];',
      'const byName = {} as Record<string, string>;',
      'class JobsContract extends LedgerContract { cache = new Map(); }',
      'class JobsContract extends Contract { get() { this.last = 1; } }',
      'class Rule { static count = 0; }',
    ],
  },
  'await-stub': {
    valid: [
      'async function f(stub) { await stub.putState(key, value); }',
      'function f(stub) { return stub.getState(key); }',
      'async function f(stub) { await Promise.all([stub.getState(a), stub.getState(b)]); }',
      'const read = (stub) => stub.getState(key);',
    ],
    invalid: [
      'async function f(stub) { stub.putState(key, value); }',
      'async function f(stub) { void stub.deleteState(key); }',
      'async function f(ctx) { ctx.ledger.flush(); }',
      'async function f(stub) { stub.putState(key, value).catch(ignore); }',
    ],
  },
  'no-console': {
    valid: ['ledger.emit([event]);', 'function f(console) { console.log(1); }', '({ console: 1 });'],
    invalid: ['console.log(1);', 'globalThis.console.error(1);', 'const { log } = console;'],
  },
};

for (const [name, rule] of Object.entries(rules)) {
  const { valid, invalid } = cases[name]!;
  tester.run(name, rule, {
    valid: [...valid],
    invalid: invalid.map((code) => ({ code, errors: [{ messageId: 'found' }] })),
  });
}

test('every rule is tested', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(rules).sort());
});
