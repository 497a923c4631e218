// One round of one agent: fetch the base, train on all own examples, quantise the change, seal the statement.

import { canonicalise, decodeParameters, digestOf } from '@muster/protocol';
import { join } from 'node:path';
import { bytesOf } from '../bytes-of.ts';
import type { Member } from '../client/index.ts';
import type { FetchArtefact } from '../job/index.ts';
import type { JobSight } from '../watch/index.ts';
import type { Controls } from './controls.ts';
import { sealUpdate } from './seal-update.ts';
import type { Shard } from './shard.ts';
import { seedKeyOf, trainChange } from './train-change.ts';
import type { Trainers } from './trainers.ts';
import { stopwatch } from '../stopwatch.ts';

/** A sealed update and the bytes it speaks of. */
export interface Contribution {
  readonly envelope: string;
  readonly update: Uint8Array;
  readonly loss: number;
  /** steps that an earlier process had taken */
  readonly resumed: number;
  /** why a checkpoint that was there was not used */
  readonly ignored: string | undefined;
  /** the file to remove once the update is kept elsewhere */
  readonly checkpoint: string;
  readonly seconds: { readonly fetch: number; readonly train: number; readonly seal: number };
}

export interface ContributeOptions {
  readonly member: Member;
  readonly shard: Shard;
  readonly trainers: Trainers;
  readonly fetchBase: FetchArtefact;
  readonly controls: Controls;
  /** folder for checkpoints, and how long training goes on between two */
  readonly checkpoints: { readonly folder: string; readonly everyMs: number };
}

/**
 * Makes an agent's update of a round. The same terms, base and examples give the same update on one machine.
 * @throws ERR_RECIPE_MISMATCH, ERR_TRAINING_DIVERGED, ERR_UPDATE_RANGE and what fetching and training throw
 */
export async function contribute(sight: JobSight, options: ContributeOptions): Promise<Contribution> {
  const { member, shard, trainers, fetchBase, controls } = options;
  const { job, round } = sight;
  const { terms } = job;
  const lap = stopwatch();
  const [trainer, baseBytes] = await Promise.all([trainers.of(terms), fetchBase(round.base)]);
  const base = decodeParameters(baseBytes);
  const { recipe } = trainer;
  const correction = recipe.control === undefined ? undefined : await controls.of(sight, base, recipe);
  const fetch = lap();
  const seedKey = seedKeyOf(terms, round.round, member.by);
  // what the run depends on: the terms' digest speaks for model and recipe
  const added = correction && { correction: digestOf(bytesOf(correction.values)) };
  const run = { ...seedKey, base: round.base.digest, examples: shard.dataset.root, ...added };
  const { folder, everyMs } = options.checkpoints;
  const checkpoint = { file: join(folder, job.job), key: digestOf(Buffer.from(canonicalise(run))), everyMs };
  const control = correction?.parameters;
  const { update, trained } = await trainChange({
    trainer,
    terms,
    base,
    data: shard.data,
    seedKey,
    control,
    checkpoint,
  });
  await correction?.keep(update);
  const train = lap();
  const { loss, resumed, ignored } = trained;
  const envelope = sealUpdate(sight, { member, dataset: shard.dataset, update, loss });
  const seconds = { fetch, train, seal: lap() };
  return { envelope, update, loss, resumed, ignored, checkpoint: checkpoint.file, seconds };
}
