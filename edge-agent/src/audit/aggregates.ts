// The artefacts of a lineage: every one by its digest, the train step derived, every aggregate recomputed bit for bit.

import { copiesAmong, COPIED, isMusterError, type Artefact, type Terms } from '@muster/protocol';
import { decodeRecipe, verifyTrainStep } from '../job/recipe-document.ts';
import { verifyArtefact } from '../job/verify-artefact.ts';
import { createTally } from '../validator/tally.ts';
import type { LineageRound, ModelLineage } from './lineage.ts';
import { refuse, within } from './refuse.ts';

/** Bytes of an artefact, or undefined where they cannot be had. What it gives is checked here. */
export type Artefacts = (artefact: Artefact) => Promise<Uint8Array | undefined>;

/** What became of a round's artefacts. */
export interface RoundProof {
  readonly round: number;
  readonly accepted: number;
  readonly excluded: number;
  /** root updates whose median was the round's; none where the job has no root data */
  readonly roots: number;
  /** excluded for a reason that the bytes at hand no longer show: they were missing then */
  readonly unproven: number;
  readonly bytes: number;
}

const UNAVAILABLE = 'ERR_ARTEFACT_UNKNOWN';

async function demand(artefacts: Artefacts, artefact: Artefact, record: string): Promise<Uint8Array> {
  const bytes = (await artefacts(artefact)) ?? refuse(record, `its artefact ${artefact.cid} is missing`);
  within(record, () => verifyArtefact(artefact, bytes));
  return bytes;
}

/** Model, base and recipe of the job, and the train-step graph that they make. */
export async function verifyJobFiles({ terms }: { readonly terms: Terms }, artefacts: Artefacts): Promise<void> {
  const model = await demand(artefacts, terms.model, 'model of the job');
  await demand(artefacts, terms.base, 'base parameters of the job');
  if (terms.root !== undefined) await demand(artefacts, terms.root.data, 'root data of the job');
  const recipe = await demand(artefacts, terms.recipe, 'recipe of the job');
  within('recipe of the job', () => verifyTrainStep(model, decodeRecipe(recipe), terms));
}

/**
 * Who was left out as a copy must be one by the records, and whoever is one must have been left out.
 * @throws ERR_AUDIT_FAILED naming the update
 */
export function verifyCopies({ round, updates, excluded }: LineageRound): void {
  const copies = copiesAmong(updates);
  for (const { by } of updates) {
    const code = excluded.find((out) => out.by === by)?.code;
    const record = `update of ${by} in round ${round.round}`;
    const first = copies.get(by);
    if (first !== undefined && code !== COPIED)
      refuse(record, `is a copy of that of ${first}, and was not left out as one`);
    if (first === undefined && code === COPIED) refuse(record, 'was left out as a copy, and is none');
  }
}

/** An update or a root update: how it is counted, and what it is called where it does not hold. */
interface Counted {
  readonly by: string;
  readonly update: Artefact;
  readonly record: string;
  readonly add: (bytes: Uint8Array) => void;
}

function refusalOf({ add }: Counted, bytes: Uint8Array): string | undefined {
  try {
    add(bytes);
    return undefined;
  } catch (error) {
    if (isMusterError(error) && error.family === 'refused') return error.code;
    throw error;
  }
}

/** An exclusion is proven where the bytes at hand are refused with the very code that was attested. */
async function isExclusionProven(artefacts: Artefacts, counted: Counted, code: string): Promise<boolean> {
  // the records have shown it
  if (code === COPIED) return true;
  const bytes = await artefacts(counted.update);
  if (bytes === undefined || code === UNAVAILABLE) return false;
  const actual = refusalOf(counted, bytes);
  if (actual !== code) refuse(counted.record, `was left out for ${code}, and is ${actual ?? 'sound'}`);
  return true;
}

/** Counts what was counted, and has proven why the rest was not. */
async function countAgain(
  all: readonly Counted[],
  excluded: LineageRound['excluded'],
  artefacts: Artefacts,
): Promise<Pick<RoundProof, 'unproven' | 'bytes'>> {
  let bytes = 0;
  let unproven = 0;
  for (const counted of all) {
    const out = excluded.find(({ by }) => by === counted.by);
    if (out !== undefined) {
      unproven += Number(!(await isExclusionProven(artefacts, counted, out.code)));
      continue;
    }
    const file = await demand(artefacts, counted.update, counted.record);
    bytes += file.length;
    const refused = within(counted.record, () => refusalOf(counted, file));
    if (refused !== undefined) refuse(counted.record, `was counted, and is refused with ${refused}`);
  }
  return { bytes, unproven };
}

function requireCarry(record: string, carry: Artefact | undefined, made: Uint8Array | undefined): void {
  if ((carry === undefined) !== (made === undefined)) refuse(record, 'is not what the rule carries');
  if (carry !== undefined && made !== undefined) within(record, () => verifyArtefact(carry, made));
}

/**
 * Recomputes a round's aggregate from its update files, in the order in which everyone adds them.
 * @throws ERR_AUDIT_FAILED naming the update or the round
 */
export async function verifyRound(
  job: ModelLineage['job'],
  lineage: LineageRound,
  artefacts: Artefacts,
): Promise<RoundProof> {
  const { round, updates, excluded, roots, excludedRoots, model, carry } = lineage;
  const record = `round ${round.round} of job ${job.job}`;
  const base = await demand(artefacts, round.base, `base of ${record}`);
  const carried = round.baseCarry && (await demand(artefacts, round.baseCarry, `carry of the base of ${record}`));
  // scores are what each validator said: nothing of them is recomputed
  const terms = { ...job.terms, scores: undefined };
  const tally = within(`carry of the base of ${record}`, () =>
    createTally(terms, round.round, { base, carry: carried }),
  );
  const counted = updates.map((update): Counted => {
    const name = `update of ${update.by} in ${record}`;
    return { ...update, record: name, add: (bytes) => tally.add(update, bytes) };
  });
  const rooted = roots.map((root): Counted => {
    const name = `root update of ${root.by} in ${record}`;
    return { ...root, record: name, add: (bytes) => tally.addRoot(root, bytes) };
  });
  try {
    const ofUpdates = await countAgain(counted, excluded, artefacts);
    const ofRoots = await countAgain(rooted, excludedRoots, artefacts);
    const made = within(record, () => tally.finish());
    within(`model of ${record}`, () => verifyArtefact(model, made.model));
    requireCarry(`carry of ${record}`, carry, made.carry);
    return {
      round: round.round,
      accepted: updates.length - excluded.length,
      excluded: excluded.length + excludedRoots.length,
      roots: roots.length - excludedRoots.length,
      unproven: ofUpdates.unproven + ofRoots.unproven,
      bytes: ofUpdates.bytes + ofRoots.bytes,
    };
  } finally {
    tally.close();
  }
}
