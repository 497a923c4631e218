// The catalogue: every code is used by a source, told by a test, and known by its name only.

import { describe, expect, test } from '@jest/globals';
import { catalogue } from '../../protocol/src/catalogue.ts';
import { listFiles, readText } from '../support/repository.ts';

const files = listFiles().filter((file) => /^(protocol|chaincode|gateway|edge-agent|network|test)\/.*\.ts$/.test(file));
const isTest = (file: string): boolean => file.endsWith('.test.ts');
const tests = files.filter((file) => isTest(file) && !file.startsWith('test/repository/')).map(readText);
const sources = files.filter((file) => !isTest(file) && !/\/catalogue(-\w+)?\.ts$/.test(file)).map(readText);
const names = (text: string, code: string): boolean => new RegExp(`\\b${code}\\b`).test(text);

describe.each(Object.keys(catalogue))('%s', (code) => {
  test('is told by a source', () => {
    expect(sources.some((text) => names(text, code))).toBe(true);
  });

  test('has a test that refuses with it', () => {
    expect(tests.filter((text) => names(text, code)).length).toBeGreaterThan(0);
  });
});

test('no source throws a code that the catalogue does not have', () => {
  const thrown = sources.flatMap((text) => [...text.matchAll(/new MusterError\(\s*'(\w+)'/g)].map(([, code]) => code));
  expect(thrown.length).toBeGreaterThan(0);
  expect(thrown.filter((code) => !Object.hasOwn(catalogue, code!))).toEqual([]);
});
