// The tally of a round: each update is checked and added as it arrives, so that little is left to do after the last one.

import {
  carriedBy,
  concatenate,
  countValues,
  createModelAggregator,
  createRootMedian,
  decodeCarry,
  decodeParameters,
  encodeCarry,
  encodeModel,
  trainedOf,
  viewUpdate,
  type Artefact,
  type Terms,
} from '@muster/protocol';
import { verifyArtefact } from '../job/verify-artefact.ts';
import { createCandidates } from './candidates.ts';
import { createSpillingStore } from './spilling-store.ts';

/** What of a recorded update the tally needs. */
export interface TallyUpdate {
  readonly by: string;
  readonly examples: number;
  readonly update: Artefact;
}

/** What a round starts from, checked already. */
export interface TallyBase {
  readonly base: Uint8Array;
  /** what the job's rule carried here; zeros where nothing is there yet */
  readonly carry?: Uint8Array | undefined;
}

/** What a round makes. */
export interface TallyOutcome {
  /** the new model: safetensors of F32 */
  readonly model: Uint8Array;
  /** what the job's rule hands to the next round, where it carries something */
  readonly carry?: Uint8Array;
}

export interface Tally {
  /**
   * Checks an update against its record and the base model, and adds it.
   * @throws ERR_ARTEFACT_MISMATCH, ERR_TENSORS_MALFORMED, ERR_UPDATE_LAYOUT, ERR_UPDATE_RANGE, ERR_AGGREGATE_OVERFLOW
   */
  add(record: TallyUpdate, bytes: Uint8Array): void;
  /**
   * Checks a root update alike, and counts it towards the round's; the job has root data.
   * @throws ERR_ARTEFACT_MISMATCH, ERR_TENSORS_MALFORMED, ERR_UPDATE_LAYOUT, ERR_UPDATE_RANGE
   */
  addRoot(record: Pick<TallyUpdate, 'update'>, bytes: Uint8Array): void;
  /**
   * The new model, and what goes with it.
   * @throws ERR_QUORUM_SHORT where nothing was added, ERR_RULE_BOUND where the rule promises nothing for so few
   */
  finish(): TallyOutcome;
  /**
   * The model by which an added update is scored: safetensors of F32.
   * @throws TypeError where the terms have no scores, or the update was not added
   */
  candidate(by: string): Uint8Array;
  /** Gives back what it holds; nothing else may follow. */
  close(): void;
}

/** What of a job's terms decides what updates make. */
export type TallyTerms = Pick<Terms, 'rule' | 'state' | 'fixedPoint' | 'seed' | 'scores' | 'root'>;

/**
 * Opens a tally.
 * @param round seeds random draws, as the job's seed does
 * @throws ERR_TENSORS_MALFORMED, ERR_UPDATE_LAYOUT, ERR_RULE_UNKNOWN
 */
export function createTally(terms: TallyTerms, round: number, { base, carry }: TallyBase): Tally {
  const parameters = decodeParameters(base);
  const values = countValues(parameters);
  const layout = parameters.map(({ name, data }) => ({ name, values: data.length }));
  const store = createSpillingStore();
  const names = carriedBy(terms.rule);
  const trained = trainedOf(terms, parameters);
  const median = terms.root && createRootMedian(terms, layout, store);
  const handed = carry && decodeCarry(carry, names, trained);
  const surroundings = { draws: `${terms.seed}:${round}`, carry: handed, root: median?.root };
  const aggregator = createModelAggregator(terms, layout, { ...surroundings, store });
  const start = concatenate(parameters, new Float32Array(values));
  const { scores } = terms;
  const candidates =
    scores && createCandidates({ terms: { ...terms, scores }, layout, base: start, surroundings, aggregator });
  return {
    add({ by, examples, update }, bytes) {
      verifyArtefact(update, bytes);
      const contribution = { by, examples, change: viewUpdate(bytes, parameters) };
      aggregator.add(contribution);
      candidates?.hold(contribution);
    },
    addRoot({ update }, bytes) {
      if (median === undefined) throw new TypeError('the job has no root data');
      verifyArtefact(update, bytes);
      median.add(viewUpdate(bytes, parameters));
    },
    finish() {
      median?.finish();
      const model = encodeModel(aggregator.finish(start), parameters);
      return names.length === 0 ? { model } : { model, carry: encodeCarry(names, aggregator.carry, trained) };
    },
    candidate(by) {
      if (candidates === undefined) throw new TypeError('the job has no scores');
      return encodeModel(candidates.of(by), parameters);
    },
    close() {
      store.close();
      candidates?.close();
    },
  };
}
