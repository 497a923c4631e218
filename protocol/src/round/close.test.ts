// close: when a round may, and what it commits to.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { APPROVED, CLOSED, OPEN, OPENED, PAGES, pageOf } from '../../../test/support/states.ts';
import { inclusionProof, merkleRoot, verifyInclusion } from '../bytes/merkle.ts';
import { closeRound } from './close.ts';
import { commitUpdates, listUpdates, updateLeaf } from './updates-page.ts';

const close = (at: number, pages = PAGES, round = OPEN): ReturnType<typeof closeRound> =>
  closeRound(APPROVED, round, pages, { at, transaction: 'tx' });

describe('closing a round', () => {
  test('lists updates by name, whatever page they are on, and commits to them', () => {
    const names = ['air/plane-1', 'navy/ship-1', 'navy/ship-2'];
    expect(listUpdates(PAGES).map(({ by }) => by)).toEqual(names);
    expect(listUpdates([...PAGES].reverse()).map(({ by }) => by)).toEqual(names);
    const leaves = listUpdates(PAGES).map(updateLeaf);
    const root = merkleRoot(leaves);
    expect(commitUpdates(listUpdates(PAGES))).toEqual({ count: 3, root: `sha256:${root.toString('hex')}` });
    leaves.forEach((leaf, index) =>
      verifyInclusion({ index, size: 3, leaf, proof: inclusionProof(leaves, index), root }),
    );
  });

  test('is possible at the end of the window with enough updates', () => {
    const { state, events } = close(OPENED + 1000, [pageOf('navy/ship-1', 'navy/ship-2')]);
    expect(state).toMatchObject({ phase: 'closed', closedAt: OPENED + 1000, attestationsUntil: OPENED + 1500 });
    expect(events).toEqual([{ type: 'round.closed', data: state }]);
  });

  test('is possible earlier once all hoped for are in', () => {
    expect(close(OPENED + 10).state).toMatchObject({ phase: 'closed', updates: CLOSED.updates });
  });

  test.each([
    [
      'before the window ends, with some missing',
      'ERR_ROUND_EARLY',
      () => close(OPENED + 999, [pageOf('navy/a', 'navy/b')]),
    ],
    ['dated before the round opened', 'ERR_ROUND_EARLY', () => close(OPENED - 1)],
    ['dated before the last update', 'ERR_ROUND_EARLY', () => close(OPENED + 9)],
    ['with too few updates', 'ERR_QUORUM_SHORT', () => close(OPENED + 1000, [pageOf('navy/ship-1')])],
    ['a second time', 'ERR_ROUND_PHASE', () => close(OPENED + 1000, PAGES, CLOSED)],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});
