// copies: who was first with an artefact.

import { describe, expect, test } from '@jest/globals';
import { artefactOf } from '../../../test/support/states.ts';
import { digestOf } from '../bytes/digest.ts';
import { copiesAmong, type Timed } from './copies.ts';

const update = (by: string, at: number, text = 'one'): Timed => ({ by, at, update: artefactOf(text) });
const copies = (...updates: Timed[]): [string, string][] => [...copiesAmong(updates)];

describe('of several updates with one artefact', () => {
  test('the one recorded first counts, in whatever order they are listed', () => {
    const [first, second, third] = [update('navy/b', 1), update('air/a', 2), update('land/c', 3)] as const;
    const expected = [
      ['air/a', 'navy/b'],
      ['land/c', 'navy/b'],
    ];
    expect(copies(first, second, third)).toEqual(expected);
    expect(copies(third, second, first).sort()).toEqual(expected);
  });

  test('the first by name counts where they were recorded at one time', () => {
    expect(copies(update('navy/b', 1), update('air/a', 1))).toEqual([['navy/b', 'air/a']]);
    expect(copies(update('air/a', 1), update('navy/b', 1))).toEqual([['navy/b', 'air/a']]);
  });
});

test('updates that differ are no copies, nor is a digest under another content id', () => {
  const other = { ...update('air/a', 1), update: { ...artefactOf('one'), cid: artefactOf('two').cid } };
  expect(other.update.digest).toBe(digestOf('one'));
  expect(copies(update('navy/b', 2), update('land/c', 3, 'two'), other)).toEqual([]);
});
