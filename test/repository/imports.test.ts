// Imports go one way: everything may import protocol; chaincode, gateway and edge-agent never import each other.

import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { importsOf, listFiles, readText, WORKSPACES } from '../support/repository.ts';

/** Whom of the other workspaces a workspace may import. */
const MAY_IMPORT: Record<(typeof WORKSPACES)[number], readonly string[]> = {
  protocol: [],
  chaincode: ['protocol'],
  gateway: ['protocol'],
  'edge-agent': ['protocol'],
  network: ['protocol', 'gateway', 'edge-agent'],
};

/** Files beside main.ts and cli.ts that touch the environment: they start processes and hand it on. */
const HANDS_ENVIRONMENT_ON = [
  'network/src/fabric/ensure-fabric.ts',
  'network/src/fabric/ensure-ledgerutil.ts',
  'network/src/find-network.ts',
  'network/src/run-tool.ts',
  'network/src/supervise/node-process.ts',
  'network/src/up-network.ts',
];

const files = listFiles();
const sourcesOf = (workspace: string): string[] =>
  files.filter((file) => file.startsWith(`${workspace}/src/`) && /(?<!\.test|\.d)\.ts$/.test(file));
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Packages that a workspace needs when it runs. */
function dependenciesOf(workspace: string): string[] {
  const declared = JSON.parse(readText(`${workspace}/package.json`)) as { dependencies?: Record<string, string> };
  return Object.keys(declared.dependencies ?? {});
}

/** `<file>: <import>` of every import for which the predicate holds. */
function offending(
  sources: readonly string[],
  isWrong: (specifier: string, file: string) => boolean,
  prepare = (source: string): string => source,
): string[] {
  return sources.flatMap((file) =>
    importsOf(prepare(readText(file)))
      .filter((specifier) => isWrong(specifier, file))
      .map((specifier) => `${file}: ${specifier}`),
  );
}

describe.each(WORKSPACES)('%s', (workspace) => {
  const sources = sourcesOf(workspace);

  test('has sources', () => {
    expect(sources.length).toBeGreaterThan(0);
  });

  test('imports no workspace that it may not', () => {
    const allowed = [workspace, ...MAY_IMPORT[workspace]].map((name) => `@muster/${name}`);
    expect(
      offending(sources, (specifier) => specifier.startsWith('@muster/') && !allowed.includes(packageOf(specifier))),
    ).toEqual([]);
  });

  test('reaches nothing outside its own sources by a relative path', () => {
    const leaves = (specifier: string, file: string): boolean =>
      specifier.startsWith('.') && !join(file, '..', specifier).startsWith(`${workspace}/src/`);
    expect(offending(sources, leaves)).toEqual([]);
  });

  test('declares every package that it imports', () => {
    const known = dependenciesOf(workspace);
    const isForeign = (specifier: string): boolean =>
      !specifier.startsWith('.') &&
      !specifier.startsWith('@muster/') &&
      !isBuiltin(specifier) &&
      !known.includes(packageOf(specifier));
    // a type alone leaves nothing to be resolved when the code runs
    expect(offending(sources, isForeign, (source) => source.replaceAll(/^import type .*$/gm, ''))).toEqual([]);
  });

  test('imports every package that it declares', () => {
    const imported = new Set(sources.flatMap((file) => importsOf(readText(file)).map(packageOf)));
    expect(dependenciesOf(workspace).filter((name) => !imported.has(name))).toEqual([]);
  });
});

/** A file and all that it imports by relative paths. */
function closureOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const specifier of importsOf(readText(file))) {
    if (specifier.startsWith('.')) closureOf(join(file, '..', specifier), seen);
  }
  return seen;
}

test('no program of an honest agent or validator has an attack in it, and the attackers’ program has', () => {
  const attacksOf = (program: string): string[] =>
    [...closureOf(`edge-agent/src/${program}-main.ts`)].filter((file) => /\/attack(ers)?\//.test(file));
  expect(attacksOf('agent')).toEqual([]);
  expect(attacksOf('validator')).toEqual([]);
  expect(attacksOf('attackers')).toContain('edge-agent/src/attack/attacks.ts');
});

test('only main and cli files read the environment, and those that hand it on to a process', () => {
  const readers = WORKSPACES.flatMap(sourcesOf).filter((file) => readText(file).includes('process.env'));
  const allowed = (file: string): boolean => /\/(main|cli)\.ts$/.test(file) || HANDS_ENVIRONMENT_ON.includes(file);
  expect(readers.filter((file) => !allowed(file))).toEqual([]);
});

test('protocol does no I/O, asks no clock and draws nothing at random', () => {
  const sources = sourcesOf('protocol');
  expect(
    offending(sources, (specifier) => isBuiltin(specifier) && !['node:crypto', 'node:zlib'].includes(specifier)),
  ).toEqual([]);
  const impure =
    /\bprocess\.|\bconsole\.|\bfetch\(|\bDate\.now\(|new Date\(|Math\.random\(|\brandom(Bytes|UUID|Int)\b|setTimeout/;
  expect(sources.filter((file) => impure.test(readText(file)))).toEqual([]);
});

test('protocol’s aggregation uses only arithmetic whose bits ECMAScript fixes', () => {
  const sources = sourcesOf('protocol').filter((file) => /\/(aggregate|bytes|round)\//.test(file));
  const loose = /Math\.(exp|expm1|log|log10|log1p|log2|pow|sin|cos|tan|tanh|sinh|cosh|cbrt|hypot)\(/;
  expect(sources.filter((file) => loose.test(readText(file)))).toEqual([]);
});
