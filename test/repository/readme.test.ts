// The README keeps its word: its commands exist, its links lead somewhere, and its numbers name the script that made them.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from '@jest/globals';
import { commandTable } from '../../network/src/commands/table.ts';
import { listFiles, readText, ROOT } from '../support/repository.ts';

const documents = listFiles().filter((file) => file.endsWith('.md'));
const README = readText('README.md');

/** `muster job approve` and the like: the words of a command line up to its first argument or option. */
function commandWords(text: string): string[][] {
  return [...text.matchAll(/(?:npx|\$) muster ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)/g)].map(([, words]) =>
    words!.split(' '),
  );
}

/** The command that some words name; what follows the last subcommand is an argument of it. */
function find(program: Command, words: readonly string[]): Command | undefined {
  const [first, ...rest] = words;
  const command = program.commands.find((known) => known.name() === first);
  return command === undefined || rest.length === 0 || command.commands.length === 0 ? command : find(command, rest);
}

describe('the README', () => {
  test('names only commands that exist', async () => {
    const program = new Command('muster');
    for (const { load } of commandTable) (await load()).register(program);
    const words = commandWords(README);
    expect(words.length).toBeGreaterThan(0);
    const absent = words.filter((line) => find(program, line) === undefined);
    expect(absent.map((line) => line.join(' '))).toEqual([]);
  });

  test('names only npm scripts that exist, as all documents do', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    const named = documents.flatMap((file) =>
      [...readText(file).matchAll(/npm (?:run ([a-z][a-z-]*)|(test|start)\b)/g)].map(([, run, own]) => run ?? own!),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  test('names the bench script behind every number that it says was measured', () => {
    const rows = documents.flatMap((file) => {
      const [, section = ''] = readText(file).split(/^## Measured.*$/m);
      const [own = ''] = section.split(/^## /m);
      return own.split('\n').filter((line) => line.startsWith('|') && /\d/.test(line));
    });
    const unproven = rows.filter((row) => {
      const script = /npm run bench -- ([a-z-]+)|(bench\/[\w/.-]+)/.exec(row);
      return script === null || (script[2] !== undefined && !existsSync(join(ROOT, script[2])));
    });
    expect(unproven).toEqual([]);
  });
});

test('documents name only benches that exist', () => {
  const table = readText('bench/run.ts');
  const named = documents.flatMap((file) =>
    [...readText(file).matchAll(/npm run bench -- ([a-z-]+)/g)].map(([, name]) => name!),
  );
  expect(named.filter((name) => !new RegExp(`^  '?${name}'?: \\{`, 'm').test(table))).toEqual([]);
});

test('links of documents lead to files that exist', () => {
  const broken = documents.flatMap((file) =>
    [...readText(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target]) => target!)
      .filter((target) => !existsSync(join(ROOT, file, '..', target)))
      .map((target) => `${file}: ${target}`),
  );
  expect(broken).toEqual([]);
});
