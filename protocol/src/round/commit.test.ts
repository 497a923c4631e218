// commit and reveal: what is committed to, when it may be shown, and who kept it back.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { APPROVED, JOB, OPENED, pageOf, POINTER, stated, TERMS, updateBy } from '../../../test/support/states.ts';
import { digestOf } from '../bytes/digest.ts';
import { inclusionProof, merkleRoot, verifyInclusion, leafHash } from '../bytes/merkle.ts';
import { canonicalBytes } from '../bytes/canonical.ts';
import { envelopeDigest } from '../envelope/envelope.ts';
import type { CommitmentsState, JobState, RoundState } from '../ledger/state.ts';
import { splitSignatory, type Stated } from '../statements.ts';
import { abandonRound } from './abandon.ts';
import { closeRound } from './close.ts';
import { recordCommitment } from './commit.ts';
import { addCommitment, emptyCommitments, listCommitments } from './commitments-page.ts';
import { openNext } from './open.ts';
import { recordUpdate } from './record.ts';
import { revealRound } from './reveal.ts';

const COMMITTED: JobState = { ...APPROVED, terms: { ...TERMS, commitments: { updatesMs: 400 } } };
const { round: COMMITTING } = openNext(COMMITTED, { ...POINTER, round: 0 }, { at: OPENED, transaction: 'tx' });
const ALL = ['air/plane-1', 'navy/ship-1', 'navy/ship-2'];
const at = (moment: number, transaction = 'tx-1') => ({ at: moment, transaction });

const commitmentBy = (by: string, commitment = envelopeDigest(updateBy(by).envelope)): Stated<'round.commit'> =>
  stated('round.commit', by, { job: JOB, round: 1, of: 'update', commitment });

function committedBy(...signatories: readonly string[]): CommitmentsState {
  const { organisation } = splitSignatory(signatories[0]!);
  return signatories.reduce(
    (page, by) => addCommitment(page, splitSignatory(by).name, commitmentBy(by).statement, at(OPENED + 10)),
    emptyCommitments(organisation),
  );
}

const PAGES = [committedBy('navy/ship-2', 'navy/ship-1'), undefined, committedBy('air/plane-1')];
const REVEALED = revealRound(COMMITTED, COMMITTING, PAGES, at(OPENED + 50)).state;

const commit = (
  moment: number,
  { by = 'navy/ship-1', job = COMMITTED, round = COMMITTING, held = undefined as CommitmentsState | undefined } = {},
) => recordCommitment(job, round, held, commitmentBy(by), at(moment));

describe('a commitment', () => {
  test('of a member in the window is recorded, with a receipt', () => {
    expect(COMMITTING).toMatchObject({ phase: 'committing', commitsUntil: OPENED + 400, updatesUntil: OPENED + 1400 });
    const { state, receipt, record } = commit(OPENED + 5);
    expect(receipt).toEqual({ jti: 'jti of navy/ship-1', by: 'navy/ship-1', ...at(OPENED + 5) });
    const { certificate, of, ...entry } = record!;
    expect([certificate, of]).toEqual(['certificate of navy/ship-1', 'update']);
    expect(listCommitments([state])).toEqual([entry]);
  });

  test('says once for all of its transaction when it was recorded', () => {
    const { state } = commit(OPENED + 5);
    expect(commit(OPENED + 5, { by: 'navy/ship-2', held: state }).state.moments).toEqual([at(OPENED + 5)]);
  });

  test('again gives the first receipt, even when the window is over', () => {
    const held = committedBy('navy/ship-1');
    const { receipt, record, state } = commit(OPENED + 900, { held, round: REVEALED });
    expect(receipt).toMatchObject({ ...at(OPENED + 10), duplicate: true });
    expect([record, state]).toEqual([undefined, held]);
  });

  test('may be of an agent that is called what objects inherit', () => {
    expect(commit(OPENED + 5, { by: 'navy/constructor' }).record).toMatchObject({ by: 'navy/constructor' });
  });

  const another = () =>
    recordCommitment(
      COMMITTED,
      COMMITTING,
      committedBy('navy/ship-1'),
      commitmentBy('navy/ship-1', digestOf('another')),
      at(OPENED + 20),
    );
  test.each([
    ['to a job without commitments', 'ERR_COMMITMENT_UNASKED', () => commit(OPENED, { job: APPROVED })],
    ['by an outsider', 'ERR_JOB_OUTSIDER', () => commit(OPENED, { by: 'space/probe' })],
    ['to another envelope', 'ERR_COMMITMENT_DUPLICATE', another],
    ['once revealing began', 'ERR_ROUND_PHASE', () => commit(OPENED + 60, { round: REVEALED })],
    ['of an ended job', 'ERR_JOB_STATUS', () => commit(OPENED, { job: { ...COMMITTED, status: 'failed' } })],
    ['dated before the round opened', 'ERR_ROUND_EARLY', () => commit(OPENED - 1)],
    ['after the window', 'ERR_ROUND_LATE', () => commit(OPENED + 401)],
    ['beyond the limit', 'ERR_ROUND_FULL', () => commit(OPENED, { held: committedBy('navy/a', 'navy/b') })],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

const reveal = (moment: number, pages: typeof PAGES = PAGES, round = COMMITTING) =>
  revealRound(COMMITTED, round, pages, at(moment));

describe('revealing', () => {
  test('fixes count and root of the commitments, by name, and begins the window for updates', () => {
    const { state, events } = reveal(OPENED + 50);
    expect(events).toEqual([{ type: 'round.revealed', data: state }]);
    expect(state).toMatchObject({ phase: 'open', revealedAt: OPENED + 50, updatesUntil: OPENED + 1050 });
    const listed = listCommitments(PAGES);
    expect(listed.map(({ by }) => by)).toEqual(ALL);
    const leaves = listed.map(({ by, commitment, jti }) => leafHash(canonicalBytes({ by, commitment, jti })));
    const root = merkleRoot(leaves);
    expect(state.commitments).toEqual({ count: 3, root: `sha256:${root.toString('hex')}` });
    leaves.forEach((leaf, index) =>
      verifyInclusion({ index, size: 3, leaf, proof: inclusionProof(leaves, index), root }),
    );
  });

  test('is possible at the end of the window with enough commitments', () => {
    expect(reveal(OPENED + 400, [committedBy('navy/a', 'navy/b')]).state.commitments).toMatchObject({ count: 2 });
  });

  test.each([
    [
      'with some missing in the window',
      'ERR_ROUND_EARLY',
      () => reveal(OPENED + 399, [committedBy('navy/a', 'navy/b')]),
    ],
    ['dated before the last commitment', 'ERR_ROUND_EARLY', () => reveal(OPENED + 9)],
    ['with too few commitments', 'ERR_QUORUM_SHORT', () => reveal(OPENED + 400, [committedBy('navy/a')])],
    ['a second time', 'ERR_ROUND_PHASE', () => reveal(OPENED + 60, PAGES, REVEALED)],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

const show = (moment: number, committed: CommitmentsState | undefined, round: RoundState = REVEALED) =>
  recordUpdate(COMMITTED, round, undefined, updateBy('navy/ship-1'), at(moment), committed);

describe('an update of a round with commitments', () => {
  test('is recorded where its envelope is what the agent committed to', () => {
    expect(show(OPENED + 60, committedBy('navy/ship-1')).record).toMatchObject({ by: 'navy/ship-1' });
  });

  const other = addCommitment(emptyCommitments('navy'), 'ship-1', { jti: 'j', commitment: digestOf('x') }, at(OPENED));
  test.each([
    ['shown while others commit', 'ERR_ROUND_PHASE', () => show(OPENED + 5, committedBy('navy/ship-1'), COMMITTING)],
    ['dated before revealing began', 'ERR_ROUND_EARLY', () => show(OPENED + 49, committedBy('navy/ship-1'))],
    ['of an agent alone on no page', 'ERR_COMMITMENT_MISSING', () => show(OPENED + 60, undefined)],
    ['of an agent that did not commit', 'ERR_COMMITMENT_MISSING', () => show(OPENED + 60, committedBy('navy/b'))],
    ['that is not what was committed to', 'ERR_COMMITMENT_MISMATCH', () => show(OPENED + 60, other)],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

describe('a round with commitments', () => {
  const close = (moment: number, ...by: readonly string[]) =>
    closeRound(COMMITTED, REVEALED, [pageOf(...by)], at(moment), { committed: PAGES });

  test('closes early once every agent that committed has revealed', () => {
    const updates = [pageOf('navy/ship-1', 'navy/ship-2'), pageOf('air/plane-1')];
    expect(closeRound(COMMITTED, REVEALED, updates, at(OPENED + 70), { committed: PAGES }).state).toMatchObject({
      withheld: [],
    });
  });

  test('waits for all that committed until its window ends, and then names who kept back', () => {
    expect(refusal(() => close(OPENED + 1049, 'navy/ship-1', 'navy/ship-2')).code).toBe('ERR_ROUND_EARLY');
    expect(close(OPENED + 1050, 'navy/ship-1', 'navy/ship-2').state.withheld).toEqual(['air/plane-1']);
  });

  test('abandoned with too few revealed names who kept back', () => {
    const shown = [pageOf('navy/ship-1')];
    const abandoned = abandonRound(COMMITTED, REVEALED, POINTER, shown, 'too few', at(OPENED + 1051), {
      committed: PAGES,
    }).round;
    expect([abandoned.phase, abandoned.withheld]).toEqual(['abandoned', ['air/plane-1', 'navy/ship-2']]);
  });

  const abandon = (moment: number, pages: readonly (CommitmentsState | undefined)[]) =>
    abandonRound(COMMITTED, COMMITTING, POINTER, pages, 'too few', at(moment));

  test('is abandoned after the window with too few commitments, and the next commits again', () => {
    const { round, next } = abandon(OPENED + 401, [committedBy('navy/a'), undefined]);
    expect([round.phase, next?.phase]).toEqual(['abandoned', 'committing']);
  });

  test.each([
    ['in its window', 'ERR_ROUND_EARLY', () => abandon(OPENED + 400, [])],
    ['with enough commitments to reveal', 'ERR_ROUND_PHASE', () => abandon(OPENED + 401, PAGES)],
  ] as const)('is not abandoned %s: %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});
