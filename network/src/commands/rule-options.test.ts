// Rules on the command line.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { RULES } from '@muster/protocol';
import { Command } from 'commander';
import { rootDataOf, ruleOf, withRule, type RuleOptions } from './rule-options.ts';

function parsed(...args: string[]): RuleOptions {
  const command = withRule(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  return command.parse(args, { from: 'user' }).opts();
}

describe('the rule of a job', () => {
  test('is fed-avg, without options, where nothing is said', () => {
    expect(ruleOf(parsed())).toEqual({ name: 'fed-avg', options: {} });
  });

  test('takes options in the types of its schema', () => {
    const args = [
      '--rule-option',
      'keep=3',
      '--rule-option',
      'neighbours=n-f-1',
      '--before',
      'nnm,arc',
      '--malicious',
      '30',
    ];
    expect(ruleOf(parsed('--rule', 'multi-krum', ...args))).toEqual({
      name: 'multi-krum',
      options: { keep: 3, neighbours: 'n-f-1', before: ['nnm', 'arc'], maliciousPercent: 30 },
    });
  });

  test('of a server optimiser names the rule that it steps along, with its options', () => {
    const args = ['--rule-option', 'of=multi-krum', '--rule-option', 'of.keep=3', '--rule-option', 'lr=0.1'];
    expect(ruleOf(parsed('--rule', 'fed-adam', ...args, '--malicious', '30', '--before', 'nnm'))).toEqual({
      name: 'fed-adam',
      options: {
        lr: 0.1,
        of: { name: 'multi-krum', options: { keep: 3, maliciousPercent: 30, before: ['nnm'] } },
      },
    });
    const unknown = { lr: 0.1, of: { name: 'dice', options: { sides: '6' } } };
    const guess = ['--rule-option', 'of=dice', '--rule-option', 'of.sides=6', '--rule-option', 'lr=0.1'];
    expect(ruleOf(parsed('--rule', 'fed-yogi', ...guess))).toEqual({ name: 'fed-yogi', options: unknown });
  });

  test('takes options whose names have digits', () => {
    expect(ruleOf(parsed('--rule', 'fed-adam', '--rule-option', 'beta1=0.5'))).toEqual({
      name: 'fed-adam',
      options: { beta1: 0.5 },
    });
  });

  test('comes with the data that validators train on, and how often, where they are named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-root-data-'));
    try {
      const description = { v: 1, format: 'idx', images: 'images.idx', labels: 'labels.idx' };
      await writeFile(join(folder, 'data.json'), JSON.stringify(description));
      const named = parsed('--rule', 'fltrust', '--root-data', folder, '--root-epochs', '75');
      expect(await rootDataOf(named)).toEqual({
        rootData: { kind: 'described', description, folder },
        rootEpochs: 75,
      });
      expect(await rootDataOf(parsed())).toEqual({});
      const missing = rootDataOf(parsed('--root-data', join(folder, 'nothing')));
      await expect(missing).rejects.toMatchObject({ code: 'ERR_DOCUMENT_INVALID' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('keeps as text what is no number, and what the rule does not know, for the terms to be refused', () => {
    expect(ruleOf(parsed('--rule', 'median', '--malicious', 'many', '--rule-option', 'tau=3'))).toEqual({
      name: 'median',
      options: { maliciousPercent: 'many', tau: '3' },
    });
  });

  test.each([
    ['--rule-option', 'keep'],
    ['--rule-option', '=3'],
    ['--rule', 'dice'],
  ])('%s %s is refused', (...args) => {
    expect(() => parsed(...args)).toThrow(/argument/);
  });

  test('is explained by the help, each with its options', () => {
    let told = '';
    const command = withRule(new Command()).configureOutput({ writeOut: (text) => (told += text) });
    command.outputHelp();
    for (const name of RULES) expect(told).toContain(`  ${name}: `);
    expect(told).toContain('maliciousPercent: share of updates that may be malicious');
    expect(told).toContain('(default: n-f-2)');
    expect(told).toContain('of: the rule whose change is stepped along, with its own options (default: fed-avg)');
  });
});
