// Puts data where a coalition would have its own: each agent's examples in its own folder, a hold-out at each validator.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  dataSetOf,
  inMemory,
  partition,
  readMnist,
  seededRandom,
  writeSubset,
  type DataFiles,
  type DataOrigin,
  type LabelledImages,
  type Partition,
} from '@muster/edge-agent';
import type { OrganisationPlan } from '../derive/plan.ts';
import { iambicRoles, splitRole, writeTexts, type TextOptions } from './iambic.ts';

export interface Distribution {
  readonly partition: Partition;
  readonly seed: number;
  /** examples of one agent or one hold-out at most */
  readonly most?: number;
  /** examples that nobody gets, for the root data of a job; none by default */
  readonly root?: number;
}

/** The folder of an agent: its data, its outbox, its configuration. */
export function agentFolder(organisation: OrganisationPlan, agent: string): string {
  return join(organisation.folder, 'agents', agent);
}

/** The folder of an agent's examples, with their description. */
export function agentData(organisation: OrganisationPlan, agent: string): string {
  return join(agentFolder(organisation, agent), 'data');
}

/** The folder of a validator's hold-out, with its description. */
export function holdout(organisation: OrganisationPlan): string {
  return join(organisation.folder, 'validator', 'holdout');
}

const IDX: DataFiles = { images: 'images.idx', labels: 'labels.idx' };
const MNIST_CLASSES = 10;
const MNIST_TRAINING = 60_000;

async function writeImages(folder: string, source: LabelledImages, indices: Int32Array): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeSubset(source, indices, { images: join(folder, IDX.images), labels: join(folder, IDX.labels) });
  // an agent may have no example of the last classes
  const description = { v: 1, format: 'idx', ...IDX, classes: MNIST_CLASSES };
  await writeFile(join(folder, 'data.json'), `${JSON.stringify(description, null, 2)}\n`);
}

function agentsOf(organisations: readonly OrganisationPlan[]): { folder: string; organisation: OrganisationPlan }[] {
  return organisations.flatMap((organisation) =>
    organisation.agents.map((agent) => ({ folder: agentData(organisation, agent), organisation })),
  );
}

/** Places of all training images, and of those some that nobody gets, drawn by the seed. */
function keepBack(
  images: number,
  root: number,
  seed: number,
): { readonly rest: Int32Array; readonly kept: Int32Array } {
  const places = Int32Array.from({ length: images }, (_, index) => index);
  if (root === 0) return { rest: places, kept: new Int32Array() };
  const drawn = seededRandom(seed, 'root data').shuffle(places.slice());
  return { rest: drawn.slice(root).sort(), kept: drawn.slice(0, root) };
}

/** Passes over so many root examples that make about as many steps as an agent takes on its part of MNIST. */
export function rootEpochsFor(agents: number, root: number): number {
  return Math.max(1, Math.round(MNIST_TRAINING / agents / root));
}

/**
 * Divides the 60,000 training images over all agents by the partition, and the 10,000 test images evenly over the
 * organisations' validators, so that the mean over validators is the accuracy on the whole test set.
 * @returns what was kept back for root data, where any was
 * @throws ERR_PARTITION_INVALID, ERR_DATA_MALFORMED
 */
export async function distributeMnist(
  organisations: readonly OrganisationPlan[],
  { partition: kind, seed, most, root = 0 }: Distribution,
): Promise<DataOrigin | undefined> {
  const [train, test] = await Promise.all([readMnist('train'), readMnist('test')]);
  const owners = agentsOf(organisations);
  const { rest, kept } = keepBack(train.labels.data.length, root, seed);
  const labels = Uint8Array.from(rest, (place) => train.labels.data[place] as number);
  const parts = partition(labels, { partition: kind, agents: owners.length, seed }).map((part) =>
    part.map((index) => rest[index] as number),
  );
  const tests = Int32Array.from({ length: test.labels.data.length }, (_, index) => index);
  await Promise.all([
    ...owners.map(({ folder }, i) => writeImages(folder, train, (parts[i] as Int32Array).slice(0, most))),
    ...organisations.map((organisation, i) =>
      writeImages(
        holdout(organisation),
        test,
        tests.filter((index) => index % organisations.length === i).slice(0, most),
      ),
    ),
  ]);
  return root === 0 ? undefined : inMemory(dataSetOf(train, kept));
}

/**
 * Gives each agent one role of Shakespeare's plays, those with most to say first, and each validator the last tenth of what
 * the roles of its organisation's agents say.
 * @param cache folder that the plays are kept in
 * @returns the roles, in the order of organisations and agents
 * @throws ERR_DOWNLOAD_FAILED
 */
export async function distributeIambic(
  organisations: readonly OrganisationPlan[],
  options: TextOptions,
  cache: string,
): Promise<string[]> {
  const owners = agentsOf(organisations);
  const roles = (await iambicRoles(cache)).slice(0, owners.length);
  const parts = roles.map(splitRole);
  await Promise.all([
    ...owners.map(({ folder }, i) =>
      writeTexts(
        folder,
        parts.slice(i, i + 1).map(([train]) => train),
        options,
      ),
    ),
    ...organisations.map((organisation) => {
      const own = parts.filter((_, i) => owners[i]?.organisation === organisation).map(([, held]) => held);
      return writeTexts(holdout(organisation), own, options);
    }),
  ]);
  return roles.map(({ name }) => name);
}
