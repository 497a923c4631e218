// Files: small, named alike, and free of the machine they were written on.

import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listFiles, readText } from '../support/repository.ts';

const files = listFiles();
const sources = files.filter((file) => /\.(ts|mjs|cjs)$/.test(file));
const texts = files.filter(
  (file) => /\.(ts|mjs|cjs|json|md|yaml|yml|py|sh|go|mod)$/.test(file) || /\/(run|build|detect|release)$/.test(file),
);

describe('a source file', () => {
  test('has at most 300 lines', () => {
    // as lint counts them: without blank lines and comments
    const count = (text: string): number => text.split('\n').filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line)).length;
    const long = sources.filter((file) => count(readText(file)) > 300);
    expect(long).toEqual([]);
  });

  test('is named in kebab-case', () => {
    const odd = sources.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)+$/.test(basename(file)));
    expect(odd.filter((file) => !file.endsWith('.config.mjs') && !file.endsWith('.d.ts'))).toEqual([]);
  });

  test('says in its first line what it is', () => {
    const silent = sources.filter((file) => {
      const [first = '', second = ''] = readText(file).split('\n');
      return !(first.startsWith('#!') ? second : first).startsWith('//');
    });
    expect(silent.filter((file) => !file.endsWith('.config.mjs'))).toEqual([]);
  });

  test('leaves nothing to be done later', () => {
    const marks = new RegExp(['TO', 'DO\\b|FIX', 'ME\\b|\\bX', 'XX\\b'].join(''));
    expect(sources.filter((file) => marks.test(readText(file)))).toEqual([]);
  });
});

describe('a text', () => {
  test('names no path of the machine it was written on', () => {
    // put together here, so that this file does not name them itself
    const paths = new RegExp(`(?<![\\w.$}-])/(${['work/', 'home/\\w', 'root/\\w', 'Users/\\w'].join('|')})`);
    const allowed = (file: string): boolean => file === 'test/repository/files.test.ts';
    expect(texts.filter((file) => !allowed(file) && paths.test(readText(file)))).toEqual([]);
  });

  test('holds no private key', () => {
    const key = /-----BEGIN (EC |RSA |ENCRYPTED )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}/;
    expect(texts.filter((file) => key.test(readText(file)))).toEqual([]);
  });
});

test('the lock file resolves to no registry host', () => {
  const lock = JSON.parse(readText('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
  const hosts = Object.values(lock.packages).flatMap(({ resolved = '' }) =>
    resolved.includes('://') ? [resolved] : [],
  );
  expect(hosts).toEqual([]);
  expect(readText('.npmrc')).not.toMatch(/:\/\/|registry *=/);
});

test('dependencies have exact versions', () => {
  const loose = files
    .filter((file) => basename(file) === 'package.json')
    .flatMap((file) => {
      const read = JSON.parse(readText(file)) as Record<string, Record<string, string> | undefined>;
      return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
        Object.entries(read[kind] ?? {}).map(([name, version]) => `${file}: ${name} ${version}`),
      );
    })
    .filter((line) => !/ \d+\.\d+\.\d+(-[\w.]+)?$/.test(line));
  expect(loose).toEqual([]);
});
