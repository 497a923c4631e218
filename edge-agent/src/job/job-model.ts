// A job's model as people need it: its file, its recipe and a round's parameters, each checked against the ledger's record.

import { decodeParameters, MusterError, type Artefact } from '@muster/protocol';
import type { Gateway } from '../client/index.ts';
import type { Parameters, Recipe } from '../train/index.ts';
import { createArtefactSource } from './job-files.ts';
import { decodeRecipe } from './recipe-document.ts';

export interface JobModel {
  /** ONNX bytes, as proposed */
  readonly model: Uint8Array;
  readonly recipe: Recipe;
  /** what the round made of the trained tensors */
  readonly parameters: Parameters;
  /** the round; 0 for the values the job starts from */
  readonly round: number;
}

async function valuesOf(gateway: Gateway, job: string, wanted?: number): Promise<{ from: number; values: Artefact }> {
  const { job: state, model } = await gateway.job(job);
  const latest = { from: model?.from ?? 0, values: model?.model ?? state.terms.base };
  if (wanted === undefined || wanted === latest.from) return latest;
  if (wanted === 0) return { from: 0, values: state.terms.base };
  const { round } = await gateway.round(job, wanted);
  if (round.model !== undefined) return { from: wanted, values: round.model };
  throw new MusterError('ERR_ROUND_PHASE', { job, round: wanted, phase: round.phase, expected: 'finalised' });
}

/**
 * Fetches a job's model.
 * @param round whose parameters are wanted; the last finalised one's by default, 0 for those the job starts from
 * @throws ERR_JOB_UNKNOWN, ERR_ROUND_UNKNOWN, ERR_ROUND_PHASE, ERR_ARTEFACT_UNKNOWN, ERR_ARTEFACT_MISMATCH
 */
export async function fetchJobModel(gateway: Gateway, job: string, round?: number): Promise<JobModel> {
  const { terms } = (await gateway.job(job)).job;
  const { from, values } = await valuesOf(gateway, job, round);
  const fetchArtefact = createArtefactSource(gateway);
  const [model, document, bytes] = await Promise.all([terms.model, terms.recipe, values].map(fetchArtefact));
  if (model === undefined || document === undefined || bytes === undefined) throw new TypeError('three were asked for');
  const parameters = new Map(decodeParameters(bytes).map(({ name, data }) => [name, data]));
  return { model, recipe: decodeRecipe(document).recipe, parameters, round: from };
}
