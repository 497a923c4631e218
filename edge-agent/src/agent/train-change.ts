// Training as a change: a job's recipe run from a round's base on some examples, quantised. Agents and validators do it alike.

import { encodeUpdate, termsDigest, type JobState, type Parameters } from '@muster/protocol';
import type { DataOrigin } from '../data/index.ts';
import type { CheckpointOptions, SeedKey, Trainer, TrainResult } from '../train/index.ts';

type Terms = JobState['terms'];

/** What seeds a run. The terms' digest rather than the job's id: a job proposed again is trained to the same model. */
export function seedKeyOf(terms: Terms, round: number, agent: string): SeedKey {
  return { seed: terms.seed, job: termsDigest(terms), round, agent };
}

/** Trained values in the order and with the shapes of the base. */
export function ordered(trained: TrainResult['parameters'], base: Parameters): Parameters {
  return base.map(({ name, shape, data }) => ({ name, shape, data: trained.get(name) ?? data }));
}

export interface ChangeOptions {
  readonly trainer: Pick<Trainer, 'train'>;
  readonly terms: Terms;
  readonly base: Parameters;
  readonly data: DataOrigin;
  readonly seedKey: SeedKey;
  /** as many as the recipe says by default */
  readonly epochs?: number;
  /** what is added to gradients, where the recipe has control variates; nothing by default */
  readonly control?: ReadonlyMap<string, Float32Array> | undefined;
  readonly checkpoint?: CheckpointOptions;
}

/**
 * Trains, and encodes what that changed. The same terms, base, examples and seed key give the same update on one machine.
 * @returns the update file, and what training told
 * @throws ERR_UPDATE_RANGE and what training throws
 */
export async function trainChange(options: ChangeOptions): Promise<{ update: Uint8Array; trained: TrainResult }> {
  const { trainer, terms, base, data, seedKey, epochs, control, checkpoint } = options;
  const parameters = new Map(base.map(({ name, data: values }) => [name, values]));
  const trained = await trainer.train({
    parameters,
    data,
    seedKey,
    epochs,
    control,
    ...(checkpoint && { checkpoint }),
  });
  return { update: encodeUpdate(ordered(trained.parameters, base), base, terms.fixedPoint), trained };
}
