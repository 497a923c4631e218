// audit, through the chaincode: reads only, all of them bounded.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { entriesOn } from '../../protocol/src/round/updates-page.ts';
import type { History, Page } from '../../chaincode/src/ledger.ts';
import { createClosedWorld } from './create-world.ts';
import { ORGANISATIONS } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createClosedWorld();
});

const codeOf = async (fn: string, ...args: string[]): Promise<string> => (await refusalOf(world.call(fn, args))).code;

describe('audit:get', () => {
  test('gives what is stored under a key, or null', async () => {
    expect(await world.call('audit:get', ['job', JSON.stringify([world.job])])).toEqual(
      world.stored(keys.job(world.job)),
    );
    expect(await world.call('audit:get', ['job', '["0"]'])).toBeNull();
  });

  test.each([
    ['secret', '[]'],
    ['job', 'no json'],
    ['job', '[""]'],
    ['job', '["a\\u0000b"]'],
    ['job', '["1","2","3","4","5","6","7","8","9"]'],
    ['job', '{}'],
  ])('refuses the key %s %s', async (type, attributes) => {
    expect(await codeOf('audit:get', type, attributes)).toBe('ERR_DOCUMENT_INVALID');
  });
});

describe('audit:history', () => {
  const historyOf = (limit: string, skip: string) =>
    world.call<History<'round'>>('audit:history', ['round', JSON.stringify([world.job, '0000001']), limit, skip]);

  test('tells what a round was, newest first', async () => {
    const { items, more } = await historyOf('10', '0');
    expect(items.map(({ value }) => value?.phase)).toEqual(['closed', 'open']);
    expect(items[0]).toMatchObject({ at: world.at - 1000, deleted: false });
    expect(more).toBe(false);
  });

  test('tells it page by page', async () => {
    const first = await historyOf('1', '0');
    const second = await historyOf('1', '1');
    expect([first, second].map(({ items, more }) => [items[0]?.value?.phase, more])).toEqual([
      ['closed', true],
      ['open', false],
    ]);
  });

  test('tells of a deletion, and nothing of a key that never was', async () => {
    world.ledger.deleteUnsafe(`\u0000round\u0000${world.job}\u00000000001\u0000`, world.at);
    expect((await historyOf('1', '0')).items[0]).toMatchObject({ value: null, deleted: true });
    expect(await world.call('audit:history', ['job', '["0"]', '1', '0'])).toEqual({ items: [], more: false });
  });

  test('refuses more than a page, and skips without bound', async () => {
    expect(await codeOf('audit:history', 'job', '["0"]', '201', '0')).toBe('ERR_DOCUMENT_INVALID');
    expect(await codeOf('audit:history', 'job', '["0"]', '1', '100001')).toBe('ERR_DOCUMENT_INVALID');
  });
});

describe('audit:page', () => {
  test('lists keys by their first attributes, page by page', async () => {
    const pageOf = (size: string, bookmark: string) =>
      world.call<Page<'updates'>>('audit:page', ['updates', JSON.stringify([world.job]), size, bookmark]);
    const first = await pageOf('2', '');
    const second = await pageOf('2', first.bookmark);
    const organisations = [...first.items, ...second.items].map(({ key }) => key[3]);
    expect(organisations).toEqual([...ORGANISATIONS]);
    expect(entriesOn(first.items[0]!.value)).toMatchObject([{ by: 'airforce/agent-1' }]);
    expect(second.bookmark).toBe('');
  });

  test('refuses more than a page', async () => {
    expect(await codeOf('audit:page', 'job', '[]', '201', '')).toBe('ERR_DOCUMENT_INVALID');
  });
});
