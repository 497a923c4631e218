// root: one root update an organisation, and enough of them before a round closes.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import {
  APPROVED,
  artefactOf,
  attestationBy,
  CLOSED,
  JOB,
  OPEN,
  OPENED,
  PAGES,
  POINTER,
  ROOT,
  stated,
  TERMS,
} from '../../../test/support/states.ts';
import { digestOf } from '../bytes/digest.ts';
import type { JobState, RootState, RoundState } from '../ledger/state.ts';
import type { Statement } from '../statements.ts';
import { abandonRound } from './abandon.ts';
import { agreementOf, attestRound } from './attest.ts';
import { closeRound } from './close.ts';
import { commitRoots, listRoots, recordRoot } from './root.ts';

const TRUSTING: JobState = { ...APPROVED, terms: { ...TERMS, rule: { name: 'fltrust', options: {} }, root: ROOT } };
const at = (moment: number) => ({ at: moment, transaction: 'tx' });

interface Given {
  readonly moment?: number;
  readonly job?: JobState;
  readonly round?: RoundState;
  readonly existing?: RootState;
}

function record(
  by: string,
  changes: Partial<Statement<'round.root'>> = {},
  { moment = OPENED + 10, job = TRUSTING, round = OPEN, existing }: Given = {},
): ReturnType<typeof recordRoot> {
  const own = { base: TERMS.base.digest, update: artefactOf('root update'), metrics: { lossMicro: 5 } };
  return recordRoot(
    job,
    round,
    existing,
    stated('round.root', by, { job: JOB, round: 1, ...own, ...changes }),
    at(moment),
  );
}

const rootBy = (by: string): RootState => record(by).state;
const ROOTS = [rootBy('navy/validator'), undefined, rootBy('air/validator')];

describe('a root update', () => {
  test('is recorded as its organisation’s, and told of', () => {
    const { state, events } = record('navy/validator');
    expect(state).toMatchObject({ organisation: 'navy', by: 'navy/validator', update: artefactOf('root update') });
    expect(events).toEqual([{ type: 'round.rooted', data: state }]);
  });

  test('may come while agents still commit', () => {
    const round: RoundState = { ...OPEN, phase: 'committing', commitsUntil: OPENED + 400 };
    expect(record('navy/validator', {}, { round }).state.by).toBe('navy/validator');
  });

  const existing = rootBy('navy/validator');
  const large = { ...artefactOf('root update'), size: 1001 };
  const cases: [string, string, () => unknown][] = [
    ['of an organisation outside the job', 'ERR_JOB_OUTSIDER', () => record('space/validator')],
    ['of a job without root data', 'ERR_ROOT_UNASKED', () => record('navy/validator', {}, { job: APPROVED })],
    ['that is recorded already', 'ERR_ENVELOPE_REPLAYED', () => record('navy/validator', {}, { existing })],
    [
      'of an organisation that has one',
      'ERR_UPDATE_DUPLICATE',
      () => record('navy/other', { update: artefactOf('other') }, { existing }),
    ],
    ['of a closed round', 'ERR_ROUND_PHASE', () => record('navy/validator', {}, { round: CLOSED })],
    [
      'of a job that is over',
      'ERR_JOB_STATUS',
      () => record('navy/validator', {}, { job: { ...TRUSTING, status: 'failed' } }),
    ],
    ['dated before the round opened', 'ERR_ROUND_EARLY', () => record('navy/validator', {}, { moment: OPENED - 1 })],
    ['after the window for updates', 'ERR_ROUND_LATE', () => record('navy/validator', {}, { moment: OPENED + 1001 })],
    ['on another base', 'ERR_ROUND_BASE', () => record('navy/validator', { base: digestOf('x') })],
    ['larger than an update may be', 'ERR_UPDATE_LIMIT', () => record('navy/validator', { update: large })],
  ];
  test.each(cases)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

describe('a round with root data', () => {
  const close = (moment: number, roots: readonly (RootState | undefined)[]) =>
    closeRound(TRUSTING, OPEN, PAGES, at(moment), { roots });
  const abandon = (moment: number, roots: readonly (RootState | undefined)[]) =>
    abandonRound(TRUSTING, OPEN, POINTER, PAGES, 'too few', at(moment), { roots });

  test('closes with as many root updates as attestations, in order of their names, and commits to them', () => {
    const { state } = close(OPENED + 10, ROOTS);
    expect(listRoots(ROOTS).map(({ by }) => by)).toEqual(['air/validator', 'navy/validator']);
    expect(state.rootUpdates).toEqual(commitRoots(listRoots(ROOTS)));
    expect(state.updates).toEqual(CLOSED.updates);
  });

  test('is abandoned after its window where too few are in, whatever updates there are', () => {
    expect(abandon(OPENED + 1001, ROOTS.slice(0, 1)).round.phase).toBe('abandoned');
    expect(refusal(() => abandon(OPENED + 1001, ROOTS)).code).toBe('ERR_ROUND_PHASE');
  });

  test.each([
    ['with too few of them', 'ERR_QUORUM_SHORT', () => close(OPENED + 1000, ROOTS.slice(0, 2))],
    ['dated before the last of them', 'ERR_ROUND_EARLY', () => close(OPENED + 9, ROOTS)],
  ] as const)('closing %s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

describe('an attestation of a round with root data', () => {
  const closed = closeRound(TRUSTING, OPEN, PAGES, at(OPENED + 10), { roots: ROOTS }).state;
  const counted = closed.rootUpdates!;
  type Claimed = Statement<'round.attest'>['rootUpdates'];
  const attest = (rootUpdates?: Claimed, round = closed) =>
    attestRound(TRUSTING, round, undefined, attestationBy('navy/validator', { rootUpdates }), at(OPENED + 20)).state;
  const exclude = (...names: string[]): NonNullable<Claimed> => ({
    ...counted,
    excluded: names.map((by) => ({ by, code: 'ERR_ARTEFACT_UNKNOWN' })),
  });

  test('says which were left out, and agrees with those that say the same', () => {
    const three = closeRound(TRUSTING, OPEN, PAGES, at(OPENED + 10), { roots: [...ROOTS, rootBy('land/v')] }).state;
    const all = { ...three.rootUpdates!, excluded: [] };
    const some = { ...all, excluded: [{ by: 'land/v', code: 'ERR_UPDATE_LAYOUT' }] };
    expect(attest(some, three)).toMatchObject({ rootUpdates: some });
    expect(agreementOf(attest(some, three))).not.toBe(agreementOf(attest(all, three)));
  });

  test.each([
    ['without them', 'ERR_ATTESTATION_MISMATCH', () => attest()],
    ['of others', 'ERR_ATTESTATION_MISMATCH', () => attest({ ...counted, root: digestOf('x'), excluded: [] })],
    ['that leaves out one twice', 'ERR_ATTESTATION_MISMATCH', () => attest(exclude('air/a', 'air/a'))],
    ['that leaves out in another order', 'ERR_ATTESTATION_MISMATCH', () => attest(exclude('navy/b', 'air/a'))],
    ['that leaves no more than half of those needed', 'ERR_QUORUM_SHORT', () => attest(exclude('air/a'))],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });

  test('with them where the job has no root data is refused', () => {
    const claimed = attestationBy('navy/validator', { rootUpdates: exclude() });
    const attempt = () => attestRound(APPROVED, CLOSED, undefined, claimed, at(OPENED + 1200));
    expect(refusal(attempt).code).toBe('ERR_ATTESTATION_MISMATCH');
  });
});
