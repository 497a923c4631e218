// Trainers of the jobs at hand: starting a worker costs more than a round of a small model, so the last ones are kept.

import type { JobState } from '@muster/protocol';
import { decodeRecipe, verifyTrainStep, type FetchArtefact } from '../job/index.ts';
import { createTrainer, type Trainer, type TrainerOptions } from '../train/index.ts';

/** Workers kept at once; an agent seldom serves more jobs at a time. */
const KEPT = 2;

export interface Trainers {
  /**
   * The trainer of a job, whose model and recipe are fetched, checked and compared with what was voted for.
   * @throws ERR_RECIPE_MISMATCH, ERR_ARTEFACT_*, ERR_DOCUMENT_INVALID, ERR_RECIPE_INVALID, ERR_MODEL_*, ERR_OPERATOR_UNSUPPORTED
   */
  of(terms: JobState['terms']): Promise<Trainer>;
  close(): Promise<void>;
}

/** How training runs on this machine; with more threads than one, bits may depend on their number. */
export type TrainersOptions = Pick<TrainerOptions, 'threads' | 'dataBytes'>;

/** Whatever others train too, to compare, is trained on as many threads by everybody. */
export const REPRODUCIBLE = { threads: 1 } as const;

export function createTrainers(fetchArtefact: FetchArtefact, options: TrainersOptions): Trainers {
  const kept = new Map<string, Promise<Trainer>>();
  const open = async (terms: JobState['terms']): Promise<Trainer> => {
    const [model, document] = await Promise.all([fetchArtefact(terms.model), fetchArtefact(terms.recipe)]);
    const recipe = decodeRecipe(document);
    verifyTrainStep(model, recipe, terms);
    return createTrainer({ model, recipe: recipe.recipe, ...options });
  };
  const forgetOldest = async (): Promise<void> => {
    const [oldest] = kept;
    if (oldest === undefined || kept.size < KEPT) return;
    kept.delete(oldest[0]);
    const trainer = await oldest[1].catch(() => undefined);
    await trainer?.close();
  };
  return {
    async of(terms) {
      const key = `${terms.model.digest} ${terms.recipe.digest}`;
      const known = kept.get(key);
      if (known !== undefined) return known;
      await forgetOldest();
      const trainer = open(terms);
      kept.set(key, trainer);
      // a failure is not kept: the next call tries again
      trainer.catch(() => kept.delete(key));
      return trainer;
    },
    async close() {
      const close = async (opening: Promise<Trainer>): Promise<void> => (await opening).close();
      // one that failed to open has nothing to close
      await Promise.allSettled([...kept.values()].map(close));
    },
  };
}
