// Full disks are told from defects.

import { describe, expect, test } from '@jest/globals';
import { codedStorageError } from './storage.ts';

const system = (code: string, fields: object = {}): Error => Object.assign(new Error('no'), { code, ...fields });

describe('an error of storage', () => {
  test.each([
    ['no space', system('ENOSPC')],
    ['a quota', system('EDQUOT')],
    ['a limit on the size of files', system('EFBIG')],
    ['a full database', system('ERR_SQLITE_ERROR', { errcode: 13 })],
    ['a database that cannot grow', system('ERR_SQLITE_ERROR', { errcode: 778 })],
  ])('that is %s names what is full, and may be mended by waiting', (_, error) => {
    const coded = codedStorageError(error, 'outbox');
    expect(coded).toMatchObject({
      code: 'ERR_STORAGE_FULL',
      details: { store: 'outbox' },
      family: 'unreachable',
      http: 507,
    });
    expect(coded).toHaveProperty('cause', error);
  });

  test.each([
    ['a file that is not there', system('ENOENT')],
    ['a constraint of the database', system('ERR_SQLITE_ERROR', { errcode: 19 })],
    ['no object', 'text'],
    ['nothing', null],
  ])('that is %s stays what it is', (_, error) => {
    expect(codedStorageError(error, 'outbox')).toBe(error);
  });
});
