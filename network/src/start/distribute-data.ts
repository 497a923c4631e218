// Puts MNIST where a coalition would have its own data: each agent's examples in its own folder, a hold-out at each validator.

import { join } from 'node:path';
import { partition, readMnist, writeSubset, type DataFiles, type Partition } from '@muster/edge-agent';
import type { OrganisationPlan } from '../derive/plan.ts';

export interface Distribution {
  readonly partition: Partition;
  readonly seed: number;
}

/** The folder of an agent: its data, its outbox, its configuration. */
export function agentFolder(organisation: OrganisationPlan, agent: string): string {
  return join(organisation.folder, 'agents', agent);
}

/** Where an agent's examples lie. */
export function agentData(organisation: OrganisationPlan, agent: string): DataFiles {
  return filesIn(join(agentFolder(organisation, agent), 'data'));
}

/** Where a validator's hold-out lies. */
export function holdout(organisation: OrganisationPlan): DataFiles {
  return filesIn(join(organisation.folder, 'validator', 'holdout'));
}

function filesIn(folder: string): DataFiles {
  return { images: join(folder, 'images.idx'), labels: join(folder, 'labels.idx') };
}

/**
 * Divides the 60,000 training images over all agents by the partition, and the 10,000 test images evenly over the
 * organisations' validators, so that the mean over validators is the accuracy on the whole test set.
 * @throws ERR_PARTITION_INVALID, ERR_DATA_MALFORMED
 */
export async function distributeMnist(
  organisations: readonly OrganisationPlan[],
  { partition: kind, seed }: Distribution,
): Promise<void> {
  const [train, test] = await Promise.all([readMnist('train'), readMnist('test')]);
  const owners = organisations.flatMap((organisation) =>
    organisation.agents.map((agent) => agentData(organisation, agent)),
  );
  const parts = partition(train.labels.data, { partition: kind, agents: owners.length, seed });
  const tests = Int32Array.from({ length: test.labels.data.length }, (_, index) => index);
  await Promise.all([
    ...owners.map((files, i) => writeSubset(train, parts[i] as Int32Array, files)),
    ...organisations.map((organisation, i) =>
      writeSubset(
        test,
        tests.filter((index) => index % organisations.length === i),
        holdout(organisation),
      ),
    ),
  ]);
}
