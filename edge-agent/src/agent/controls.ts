// An agent's control variates, job by job (SCAFFOLD). Each follows from what is recorded: the agent's own updates that counted, and
// what the rule carried into their rounds. The folder only spares working that out again, so nothing in it has to be believed.

import {
  carriedBy,
  countValues,
  decodeCarry,
  digestOf,
  isMusterError,
  MusterError,
  sha256,
  trainedOf,
  trainedPart,
  viewUpdate,
  type Artefact,
  type JobState,
  type Parameters,
  type RoundState,
} from '@muster/protocol';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gateway } from '../client/index.ts';
import { bytesOf } from '../bytes-of.ts';
import { writePrivately } from '../enrol/index.ts';
import { controlRate, type FetchArtefact } from '../job/index.ts';
import type { Recipe } from '../train/index.ts';
import type { JobSight, Log } from '../watch/index.ts';
import { controlAfter, correctionOf } from './control-variate.ts';

export interface ControlsOptions {
  readonly folder: string;
  readonly gateway: Gateway;
  readonly fetchArtefact: FetchArtefact;
  /** the agent's name */
  readonly by: string;
  readonly log: Log;
}

/** What an agent adds to its gradients in a round. */
export interface Correction {
  readonly values: Float32Array;
  /** the same by parameter */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** Keeps what becomes of its control variate by the update that it has made; it becomes that only if the update counts. */
  readonly keep: (update: Uint8Array) => Promise<void>;
}

/** An own update that counted. */
interface Counted {
  readonly round: RoundState;
  readonly update: Artefact;
}

/** One of a job's rounds. */
interface Scene {
  readonly job: JobState;
  readonly round: RoundState;
  readonly recipe: Recipe;
  readonly base: Parameters;
  /** the tensors with gradients, which alone have control variates */
  readonly trained: Parameters;
}

/** The last one is kept as a rule; after a lost folder all are read. */
const RECENT = 8;
const ALL = 100_000;
const DIGEST_BYTES = 32;

const nameOf = (round: number, digest: string): string => `${round}-${digest.slice(digest.indexOf(':') + 1)}`;
const zerosOf = (trained: Parameters): Float32Array => new Float32Array(countValues(trained));

/** cᵢ after an update that a correction went into. */
function after({ job: { terms }, recipe, base }: Scene, update: Uint8Array, correction: Float32Array): Float32Array {
  const layout = base.map(({ name, data }) => ({ name, values: data.length }));
  const change = trainedPart(terms, layout).take(viewUpdate(update, base));
  return controlAfter(change, correction, { rate: controlRate(recipe), fractionBits: terms.fixedPoint.fractionBits });
}

export class Controls {
  private readonly options: ControlsOptions;

  constructor(options: ControlsOptions) {
    this.options = options;
  }

  /**
   * What the agent adds in a round of a job whose recipe has control variates.
   * @throws ERR_WAIT_EXPIRED where the gateway lags behind, and what asking and fetching throw
   */
  async of(sight: JobSight, base: Parameters, recipe: Recipe): Promise<Correction> {
    const { job, round } = sight;
    const trained = trainedOf(job.terms, base);
    const scene = { job, round, recipe, base, trained };
    const { own, from } = await this.own(scene);
    const values = correctionOf(await this.all(scene, round), own, recipe.control ?? 0);
    let at = 0;
    return {
      values,
      parameters: new Map(trained.map(({ name, data }) => [name, values.subarray(at, (at += data.length))])),
      keep: async (update) => {
        const fresh = nameOf(round.round, digestOf(update));
        const bytes = bytesOf(after(scene, update, values));
        await writePrivately(join(this.options.folder, job.job, fresh), Buffer.concat([sha256(bytes), bytes]));
        await this.prune(job.job, [from, fresh]);
      },
    };
  }

  /** Lets go of what an ended job needs no more. */
  async forget(job: string): Promise<void> {
    await rm(join(this.options.folder, job), { recursive: true, force: true });
  }

  /** c, as it was carried into a round. */
  private async all({ job, trained }: Scene, { baseCarry }: RoundState): Promise<Float32Array> {
    if (baseCarry === undefined) return zerosOf(trained);
    const [control] = decodeCarry(await this.options.fetchArtefact(baseCarry), carriedBy(job.terms.rule), trained);
    return control ?? zerosOf(trained);
  }

  /** cᵢ before a round, and the file it was found in: 0 before any update counted, as the paper begins. */
  private async own(scene: Scene): Promise<{ readonly own: Float32Array; readonly from?: string }> {
    const missing: Counted[] = [];
    for await (const counted of this.counted(scene)) {
      const from = nameOf(counted.round.round, counted.update.digest);
      const own = await this.read(scene, from);
      if (own !== undefined) return { own: await this.replay(scene, own, missing), from };
      missing.unshift(counted);
    }
    return { own: await this.replay(scene, zerosOf(scene.trained), missing) };
  }

  /** cᵢ after updates that counted, worked out again from what was recorded. */
  private async replay(scene: Scene, start: Float32Array, counted: readonly Counted[]): Promise<Float32Array> {
    let own = start;
    for (const { round, update } of counted) {
      try {
        const all = await this.all(scene, round);
        const correction = correctionOf(all, own, scene.recipe.control ?? 0);
        own = after(scene, await this.options.fetchArtefact(update), correction);
      } catch (error) {
        if (!isMusterError(error) || !error.code.startsWith('ERR_ARTEFACT_')) throw error;
        const at = { job: scene.job.job, round: round.round, code: error.code };
        this.options.log.warn(
          at,
          'control variate begins anew: an own update or what was carried is nowhere to be had',
        );
        own = zerosOf(scene.trained);
      }
    }
    return own;
  }

  /** The agent's updates that counted before a round, newest first. */
  private async *counted({ job: { job }, round }: Scene): AsyncGenerator<Counted, void, undefined> {
    const { gateway, by } = this.options;
    let before = round.round;
    for (const limit of [RECENT, ALL]) {
      const rows = await gateway.find({ job, by, type: 'round.updated' }, limit);
      for (const row of rows) {
        if (row.type !== 'round.updated' || row.data.by !== by || row.data.round >= before) continue;
        before = row.data.round;
        const ended = await this.ended(job, before, row.data.update);
        if (ended !== undefined) yield { round: ended, update: row.data.update };
      }
      if (rows.length < limit) return;
    }
  }

  /** The round where it made a model of the update too; undefined where it was abandoned, or left the update out. */
  private async ended(job: string, number: number, { digest }: Artefact): Promise<RoundState | undefined> {
    const { gateway, by } = this.options;
    const { round, updates, attestations } = await gateway.round(job, number);
    if (round.phase === 'abandoned') return undefined;
    const agreed = attestations.find(({ organisation }) => round.attestedBy?.includes(organisation) === true);
    if (round.phase !== 'finalised' || agreed === undefined) {
      const waitedFor = `the end of round ${number} of job ${job} at the gateway`;
      throw new MusterError('ERR_WAIT_EXPIRED', { waitedFor, seconds: 0, last: round.phase });
    }
    const isRecorded = updates.some((each) => each.by === by && each.update.digest === digest);
    return isRecorded && !agreed.excluded.some((out) => out.by === by) ? round : undefined;
  }

  /** What was kept under a name; undefined where nothing was, or it is torn. */
  private async read({ job, trained }: Scene, name: string): Promise<Float32Array | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readFile(join(this.options.folder, job.job, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const body = bytes.subarray(DIGEST_BYTES);
    const own = zerosOf(trained);
    if (body.length !== own.byteLength || !sha256(body).equals(bytes.subarray(0, DIGEST_BYTES))) return undefined;
    bytesOf(own).set(body);
    return own;
  }

  /** Two stay: what counts until the newest update does, and what counts then. */
  private async prune(job: string, kept: readonly (string | undefined)[]): Promise<void> {
    const folder = join(this.options.folder, job);
    const others = (await readdir(folder)).filter((name) => !kept.includes(name));
    await Promise.all(others.map((name) => rm(join(folder, name), { force: true })));
  }
}
