// Roles of plays: who says what, and what is kept to evaluate on.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeData, originOf } from '@muster/edge-agent';
import { iambicRoles, rolesOf, splitRole, writeTexts } from './iambic.ts';

const PLAY = [
  '# A play',
  'Words before anybody speaks.',
  '### SCENE I.',
  '_Enter ANNA and BEN_',
  '',
  '**ANNA**  ',
  'Who’s there?  ',
  'Nay, answer me:',
  '',
  '**BEN**',
  'Long live the king!',
  '_Exit_',
  '',
  'He speaks on.',
  '',
  '### SCENE II.',
  'A heath.',
  '**ANNA**',
  'Again.',
].join('\n');

describe('roles of a play', () => {
  test('have all their speeches, without stage directions and headings', () => {
    expect(rolesOf('play', PLAY)).toEqual([
      { name: 'play/ANNA', text: 'Who’s there?\nNay, answer me:\nAgain.\n' },
      { name: 'play/BEN', text: 'Long live the king!\nHe speaks on.\n' },
    ]);
  });

  test('are split into what is trained on and a last tenth', () => {
    const [train, held] = splitRole({ name: 'a', text: 'x'.repeat(95) });
    expect([train.text.length, held.text.length]).toEqual([86, 9]);
  });

  test('are written as text that agents train on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-iambic-'));
    await writeTexts(folder, rolesOf('play', PLAY), { window: 5, stride: 2, encode: 'one-hot' });
    expect(await readFile(join(folder, 'text', 'play-anna.txt'), 'utf8')).toContain('Again.');
    const summary = await describeData(await originOf(folder));
    // 36 and 34 characters, of which the first 5 begin no next one
    expect(summary).toMatchObject({ examples: 16 + 15, shape: [5, 80], target: { kind: 'class', classes: 80 } });
    await rm(folder, { recursive: true });
  });

  test('that cannot be fetched are refused by name', async () => {
    // a cache below a file cannot be made
    const folder = join(import.meta.filename, 'cache');
    await expect(iambicRoles(folder)).rejects.toMatchObject({ code: 'ERR_DOWNLOAD_FAILED' });
  });
});
