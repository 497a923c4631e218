// A small valid world for tests of rules: terms, a job, its first round, updates and attestations, each open to change.

import { digestOf } from '../../protocol/src/bytes/digest.ts';
import { cidOf } from '../../protocol/src/bytes/content-id.ts';
import type { Act } from '../../protocol/src/envelope/acts.ts';
import type { Envelope } from '../../protocol/src/envelope/envelope.ts';
import type { Artefact, Terms } from '../../protocol/src/job/terms.ts';
import type { JobState, ModelState, RoundState, UpdatesState } from '../../protocol/src/ledger/state.ts';
import { addEntry, commitUpdates, emptyPage, listUpdates } from '../../protocol/src/round/updates-page.ts';
import { splitSignatory, type Stated, type Statement } from '../../protocol/src/statements.ts';

export const OPENED = 1_000_000;
export const JOB = '00112233445566778899aabbccddeeff';

/** The artefact of a text. */
export function artefactOf(text: string): Artefact {
  return { cid: cidOf(Buffer.from(text)), digest: digestOf(text), size: text.length };
}

export const TERMS: Terms = {
  name: 'harbour',
  model: artefactOf('model'),
  base: artefactOf('base'),
  recipe: artefactOf('recipe'),
  rule: { name: 'fed-avg', options: {} },
  organisations: ['air', 'land', 'navy'],
  quorum: { approvals: 2, attestations: 2 },
  participation: { minimum: 2, complete: 3 },
  rounds: 2,
  windows: { updatesMs: 1000, attestationsMs: 500 },
  limits: { updates: 2, updateBytes: 1000, examples: 100, abandoned: 1 },
  fixedPoint: { fractionBits: 16, magnitudeBits: 20 },
  seed: 7,
};

/** Root data as terms name them. */
export const ROOT: NonNullable<Terms['root']> = {
  data: artefactOf('root data'),
  layout: { shape: [4], dtype: 'float32', target: { kind: 'class', classes: 3 }, examples: 5 },
  epochs: 1,
};

export const APPROVED: JobState = {
  v: 1,
  job: JOB,
  terms: TERMS,
  status: 'approved',
  proposedBy: 'navy/officer',
  proposedAt: 0,
  votes: {},
};

export const POINTER: ModelState = {
  v: 1,
  job: JOB,
  round: 1,
  finalised: 0,
  abandoned: 0,
  model: TERMS.base,
  from: 0,
};

export const OPEN: RoundState = {
  v: 1,
  job: JOB,
  round: 1,
  phase: 'open',
  base: TERMS.base,
  openedAt: OPENED,
  updatesUntil: OPENED + 1000,
};

/** An opened envelope around a statement; its signature is not looked at by the rules that take it. */
export function stated<A extends Act>(
  act: A,
  by: string,
  fields: Omit<Statement<A>, 'v' | 'jti' | 'iat' | 'by'> & { jti?: string; iat?: number },
): Stated<A> {
  const statement = { v: 1, jti: `jti of ${by}`, iat: 1, by, ...fields } as unknown as Statement<A>;
  const envelope: Envelope = {
    act,
    certificate: `certificate of ${by}`,
    jti: statement.jti,
    statement,
    signingInput: '',
    signature: Buffer.alloc(64),
  };
  return { envelope, statement, ...splitSignatory(by) };
}

/** An agent's update to the first round. */
export function updateBy(by: string, changes: Partial<Statement<'round.update'>> = {}): Stated<'round.update'> {
  return stated('round.update', by, {
    job: JOB,
    round: 1,
    base: TERMS.base.digest,
    update: artefactOf(`update of ${by}`),
    examples: 10,
    dataset: { root: digestOf('data'), size: 20 },
    metrics: { lossMicro: 5 },
    privacy: { mechanism: 'none' },
    ...changes,
  });
}

/** The page that holds the updates of some agents of one organisation. */
export function pageOf(...signatories: readonly string[]): UpdatesState {
  const { organisation } = splitSignatory(signatories[0] ?? 'navy/nobody');
  return signatories.reduce(
    (page, by) =>
      addEntry(page, splitSignatory(by).name, updateBy(by).statement, { at: OPENED + 10, transaction: 'tx' }),
    emptyPage(organisation),
  );
}

export const PAGES = [pageOf('navy/ship-1', 'navy/ship-2'), undefined, pageOf('air/plane-1')];

export const CLOSED: RoundState = {
  ...OPEN,
  phase: 'closed',
  closedAt: OPENED + 1000,
  attestationsUntil: OPENED + 1500,
  updates: commitUpdates(listUpdates(PAGES)),
};

/** A validator's attestation of the closed round. */
export function attestationBy(by: string, changes: Partial<Statement<'round.attest'>> = {}): Stated<'round.attest'> {
  return stated('round.attest', by, {
    job: JOB,
    round: 1,
    base: TERMS.base.digest,
    updates: CLOSED.updates!,
    excluded: [],
    aggregate: artefactOf('aggregate'),
    evaluation: { examples: 5, lossMicro: 1, accuracyMicro: 2, recallMicro: [3] },
    ...changes,
  });
}
