// settle: what an ended round says of one organisation's agents enters their reputations. One organisation at a time, so that
// no key is written for all, and round by round, since each average goes on from the one before.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { verifyMember } from '../job/job.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import { pageIndex, updatePages } from '../ledger/keys.ts';
import type {
  AttestationState,
  JobState,
  ReputationState,
  RoundState,
  SettledAgent,
  UpdateEntry,
  UpdatesState,
} from '../ledger/state.ts';
import { splitSignatory, type Stated } from '../statements.ts';
import { listUpdates } from './updates-page.ts';
import { verifyNotBefore } from './open.ts';
import { keepLatest, moveStanding, standingOn } from './reputation.ts';
import { areHeard, medianScores, MICRO, normaliseScores, type ScoresTerms } from './scores.ts';

/** Why an update may be left out without its agent's fault: nobody can tell who lost the bytes, or whose sum was too much. */
const BLAMELESS: readonly string[] = ['ERR_ARTEFACT_UNKNOWN', 'ERR_AGGREGATE_OVERFLOW'];

/** What a round says of an agent, before it moves anything. */
type Finding = Pick<SettledAgent, 'by' | 'outcome' | 'code' | 'medianMicro'> & { readonly scoreMicro?: number };

/** What the ledger holds of an ended round. */
export interface EndedRound {
  /** all pages of the round's updates */
  readonly pages: readonly (UpdatesState | undefined)[];
  /** of the organisations that `attestedBy` names; none where the round was abandoned */
  readonly attestations: readonly AttestationState[];
}

/** What the organisations that agreed say of each update they accepted, in order of names. */
function countedOf(accepted: readonly UpdateEntry[], attestations: readonly AttestationState[]): Finding[] {
  // one that was not committed to before others were shown may have been copied
  const opinions = attestations.flatMap(({ organisation, scores, independent }) =>
    scores === undefined || independent === false ? [] : [{ organisation, scores }],
  );
  if (!areHeard(opinions, attestations.length)) return accepted.map(({ by }) => ({ by, outcome: 'unscored' }));
  const owners = accepted.map(({ by }) => splitSignatory(by).organisation);
  const medians = medianScores(owners, opinions);
  const scores = normaliseScores(medians);
  return accepted.map(({ by }, i) => {
    return { by, outcome: 'counted', medianMicro: medians[i] as number, scoreMicro: scores[i] as number };
  });
}

function judgedOf(updates: readonly UpdateEntry[], attestations: readonly AttestationState[]): Finding[] {
  const [first] = attestations;
  // without a model no update was judged
  if (first === undefined) return [];
  const excluded = new Map(first.excluded.map(({ by, code }) => [by, code]));
  const accepted = updates.filter(({ by }) => !excluded.has(by));
  const left = [...excluded].map(([by, code]): Finding => {
    return BLAMELESS.includes(code)
      ? { by, outcome: 'unavailable', code }
      : { by, outcome: 'excluded', code, scoreMicro: -MICRO };
  });
  return [...countedOf(accepted, attestations), ...left];
}

function findingsOf({ withheld = [] }: RoundState, { pages, attestations }: EndedRound): Finding[] {
  const kept = withheld.map((by): Finding => ({ by, outcome: 'withheld', scoreMicro: -MICRO }));
  return [...judgedOf(listUpdates(pages), attestations), ...kept].sort((a, b) => (a.by < b.by ? -1 : 1));
}

function verifyOrder(round: RoundState, organisation: string, settled: number): void {
  const { job, round: number } = round;
  if (number <= settled) throw new MusterError('ERR_ROUND_SETTLED', { job, round: number, organisation });
  if (number > settled + 1) {
    throw new MusterError('ERR_ROUND_UNSETTLED', { job, round: number, organisation, first: settled + 1 });
  }
}

function verifyEnded(round: RoundState, at: number): void {
  const { job, round: number, phase, finalisedAt, abandonedAt } = round;
  const endedAt = finalisedAt ?? abandonedAt;
  if (endedAt === undefined) {
    throw new MusterError('ERR_ROUND_PHASE', { job, round: number, phase, expected: 'finalised or abandoned' });
  }
  verifyNotBefore(round, endedAt, at);
}

/** Moves the standings of an organisation's agents. */
function move(
  pages: readonly ReputationState[],
  findings: readonly Finding[],
  { alphaMicro }: ScoresTerms,
  round: number,
): { pages: ReputationState[]; agents: SettledAgent[] } {
  const moved = pages.map((page) => ({ ...page, round, agents: { ...page.agents } }));
  const agents = findings.map(({ scoreMicro, ...finding }): SettledAgent => {
    const { name } = splitSignatory(finding.by);
    const page = moved[pageIndex(name, pages.length)] as (typeof moved)[number];
    const before = standingOn(page, name);
    if (scoreMicro === undefined) return { ...finding, ...before };
    const after = moveStanding(before, scoreMicro, alphaMicro, round);
    page.agents[name] = after;
    return { ...finding, ...after };
  });
  return { pages: moved.map((page) => ({ ...page, agents: keepLatest(page.agents) })), agents };
}

/**
 * Settles an ended round for one organisation. Who asks has been authenticated.
 * @param held all pages of the organisation's reputations in the job, in their order
 * @returns the pages, all of which name the round now
 * @throws ERR_JOB_UNSCORED, ERR_JOB_OUTSIDER, ERR_ROUND_PHASE, ERR_ROUND_EARLY, ERR_ROUND_SETTLED, ERR_ROUND_UNSETTLED
 */
export function settleRound(
  { job, terms, ...rest }: JobState,
  round: RoundState,
  ended: EndedRound,
  held: readonly (ReputationState | undefined)[],
  stated: Stated<'round.settle'>,
  { at, transaction }: Moment,
): { pages: ReputationState[]; events: LedgerEvent[] } {
  const { organisation, by, jti } = stated.statement;
  const { scores } = terms;
  if (scores === undefined) throw new MusterError('ERR_JOB_UNSCORED', { job });
  verifyMember({ job, terms, ...rest }, organisation);
  verifyEnded(round, at);
  verifyOrder(round, organisation, held[0]?.round ?? 0);
  const empty: ReputationState = { v: 1, job, organisation, round: 0, agents: {} };
  const pages = Array.from({ length: updatePages(terms) }, (_, page) => held[page] ?? empty);
  const own = findingsOf(round, ended).filter((finding) => splitSignatory(finding.by).organisation === organisation);
  const moved = move(pages, own, scores, round.round);
  const told = { v: 1, job, round: round.round, organisation, by, jti, at, transaction, agents: moved.agents } as const;
  return { pages: moved.pages, events: [event('round.settled', told)] };
}
