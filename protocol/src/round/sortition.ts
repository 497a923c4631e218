// sortition: which agents a round takes, by a seed that no one controls: hashed from values that organisations had committed to a
// round before (a commit–reveal beacon), compared with each agent's own hash (a threshold, after Gilad et al. 2017, Algorand).

import { z } from 'zod';
import { canonicalise } from '../bytes/canonical.ts';
import { digestOf, sha256, DIGEST_PATTERN, type Digest } from '../bytes/digest.ts';
import type { Holder } from '../envelope/holder.ts';
import { namesSchema } from '../envelope/names.ts';
import { MusterError, type Details } from '../errors.ts';
import type { Terms } from '../job/terms.ts';
import type { AttestationState, RoundState } from '../ledger/state.ts';
import type { Stated } from '../statements.ts';

const MILLE = 1000;
const HASHES = 2 ** 32;
/** Units, data sets or platforms that a job names at most. */
const NAMES_MAX = 64;

/** Whom a round takes: of the agents that are eligible a share, on average; the rest stay idle. */
export const selectionSchema = z.strictObject({
  perMille: z.int().min(1).max(MILLE),
  /** units whose agents are eligible, as their certificates name them (`muster.unit`); all by default */
  units: z.array(z.string().min(1).max(64)).min(1).max(NAMES_MAX).optional(),
  /** data sets of which an agent's certificate must name one (`muster.data`); any or none by default */
  dataSets: namesSchema(NAMES_MAX).optional(),
  /** platforms of which an agent's certificate must name one (`muster.platform`); any or none by default */
  platforms: namesSchema(NAMES_MAX).optional(),
});

/** What an organisation gives to seeds: its value of this round, and the commitment to that of the next. */
export const beaconSchema = z.strictObject({
  reveal: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
  /** SHA-256 of the 32 bytes to be revealed in the next round */
  commit: z.string().regex(DIGEST_PATTERN, 'must be sha256:<64 hex digits>'),
});
export type Beacon = z.infer<typeof beaconSchema>;

/** What an organisation commits to for a value of 64 hex digits. */
export function commitToBeacon(reveal: string): Digest {
  return digestOf(Buffer.from(reveal, 'hex'));
}

/**
 * Whether a round takes an agent: the first four bytes of SHA-256(`<seed>/<by>`) as a share of 2^32 lie below the job's share.
 * Everyone is taken where the job selects nobody, and while there is no seed yet.
 */
export function isSelected({ selection }: Pick<Terms, 'selection'>, { seed }: RoundState, by: string): boolean {
  if (selection === undefined || seed === undefined) return true;
  return sha256(`${seed}/${by}`).readUInt32BE() * MILLE < selection.perMille * HASHES;
}

type Unselected = Details<'ERR_AGENT_UNSELECTED'>['reason'];

/** What of a certificate's holder a job does not take, in any of its rounds. */
function ineligibility({ selection }: Pick<Terms, 'selection'>, holder: Holder | undefined): Unselected | undefined {
  const misses = (taken: readonly string[] | undefined, named: readonly (string | undefined)[] = []): boolean =>
    taken !== undefined && !named.some((name) => name !== undefined && taken.includes(name));
  if (misses(selection?.units, [holder?.unit])) return 'unit';
  if (misses(selection?.dataSets, holder?.dataSets)) return 'data';
  return misses(selection?.platforms, [holder?.platform]) ? 'platform' : undefined;
}

/**
 * Why a round does not take an agent; undefined where it does.
 * @param holder what the agent's certificate says of it
 */
export function unselectedBy(
  terms: Pick<Terms, 'selection'>,
  round: RoundState,
  by: string,
  holder: Holder | undefined,
): Unselected | undefined {
  return ineligibility(terms, holder) ?? (isSelected(terms, round, by) ? undefined : 'lot');
}

/**
 * Checks that a round takes an agent that has been authenticated.
 * @throws ERR_AGENT_UNSELECTED
 */
export function verifySelected(
  terms: Pick<Terms, 'selection'>,
  round: RoundState,
  { statement: { by }, holder }: Stated<'round.commit' | 'round.update'>,
): void {
  const reason = unselectedBy(terms, round, by, holder);
  if (reason !== undefined) throw new MusterError('ERR_AGENT_UNSELECTED', { by, round: round.round, reason });
}

/** What organisations said of seeds, in the order of the job's: in the round that ends, and in the one before. */
export interface BeaconSources {
  readonly attested: readonly (AttestationState | undefined)[];
  readonly before: readonly (AttestationState | undefined)[];
}

function seedOf({ job, round, seed: before = '' }: RoundState, reveals: readonly string[]): Digest {
  return digestOf(canonicalise({ job, round: round + 1, before, reveals }));
}

/** The seed of the round after one that nobody's values could be taken of: it follows from the seed before, if there is one. */
export function followingSeed(round: RoundState): Digest | undefined {
  return round.seed === undefined ? undefined : seedOf(round, []);
}

/**
 * Draws the seed of the next round from the values of all organisations that attested what was agreed on, each as committed to
 * in the round before; whom the finaliser names has no part in it. Of fewer than the quorum it follows from the seed before.
 * @param agrees whether an attestation is of what was agreed on
 * @returns and who had committed to a value and did not reveal it, in order
 */
export function drawSeed(
  { organisations, quorum }: Terms,
  round: RoundState,
  { attested, before }: BeaconSources,
  agrees: (attestation: AttestationState) => boolean,
): { seed: Digest | undefined; unrevealed: readonly string[] } {
  const committed = organisations.flatMap((organisation, i) => {
    const commit = before[i]?.beacon?.commit;
    return commit === undefined ? [] : [{ organisation, commit, attestation: attested[i] }];
  });
  const shown = committed.map(({ organisation, commit, attestation }) => {
    const reveal = attestation !== undefined && agrees(attestation) ? attestation.beacon?.reveal : undefined;
    return { organisation, reveal: reveal !== undefined && commitToBeacon(reveal) === commit ? reveal : undefined };
  });
  const reveals = shown.flatMap(({ reveal }) => reveal ?? []);
  return {
    seed: reveals.length >= quorum.attestations ? seedOf(round, reveals) : followingSeed(round),
    unrevealed: shown.filter(({ reveal }) => reveal === undefined).map(({ organisation }) => organisation),
  };
}
