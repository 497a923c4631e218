// The recipe a job names: the hyper-parameters, the model and the train-step graph derived from both, as canonical JSON.

import {
  artefactSchema,
  canonicalBytes,
  cidSchema,
  digestOf,
  MusterError,
  parseJson,
  type Artefact,
  type Terms,
} from '@muster/protocol';
import { z } from 'zod';
import { buildTrainStep, parseRecipe, type Recipe } from '../train/index.ts';
import { verifyControl } from './control-terms.ts';

export interface RecipeDocument {
  readonly recipe: Recipe;
  /** content id of the ONNX model */
  readonly model: string;
  /** the train-step graph, which everyone derives anew and nobody needs to fetch */
  readonly trainStep: Artefact;
}

const frame = z.looseObject({ model: cidSchema, trainStep: artefactSchema });

/** The bytes that the job's terms name. */
export function encodeRecipe({ recipe, model, trainStep }: RecipeDocument): Uint8Array {
  return canonicalBytes({ ...recipe, model, trainStep });
}

/**
 * Reads a recipe document.
 * @throws ERR_DOCUMENT_INVALID, ERR_RECIPE_INVALID
 */
export function decodeRecipe(bytes: Uint8Array): RecipeDocument {
  const { model, trainStep, ...rest } = parseJson('recipe', frame, bytes);
  return { recipe: parseRecipe(rest), model, trainStep };
}

/**
 * Derives the train step and compares it with what the organisations voted for: nothing else is run.
 * @param terms of the job
 * @throws ERR_RECIPE_MISMATCH
 */
export function verifyTrainStep(
  model: Uint8Array,
  document: RecipeDocument,
  terms: Pick<Terms, 'model' | 'rule'>,
): void {
  const { recipe, trainStep } = document;
  const voted = terms.model.cid;
  if (document.model !== voted) {
    throw new MusterError('ERR_RECIPE_MISMATCH', { field: 'model', value: document.model, expected: voted });
  }
  verifyControl(terms, recipe);
  const derived = digestOf(buildTrainStep(model, recipe));
  if (derived !== trainStep.digest) {
    throw new MusterError('ERR_RECIPE_MISMATCH', { field: 'train step', value: trainStep.digest, expected: derived });
  }
}
