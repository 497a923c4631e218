// seal: the statement of an update of a round, signed.

import { cidOf, digestOf, MICRO, seal, trainedBy, type Unsealed } from '@muster/protocol';
import type { Member } from '../client/index.ts';
import type { JobSight } from '../watch/index.ts';
import type { Shard } from './shard.ts';

/** What is sealed: the update file's bytes, what they were trained on, and the loss of it. */
export interface Sealing {
  readonly member: Member;
  readonly dataset: Shard['dataset'];
  readonly update: Uint8Array;
  readonly loss: number;
}

/** Seals an update of a round, stated now. @returns the envelope */
export function sealUpdate({ job, round }: JobSight, { member, dataset, update, loss }: Sealing): string {
  const carry = trainedBy(job.terms, round);
  const statement: Unsealed<'round.update'> = {
    v: 1,
    iat: Date.now(),
    by: member.by,
    job: job.job,
    round: round.round,
    base: round.base.digest,
    ...(carry === undefined ? {} : { carry }),
    update: { cid: cidOf(update), digest: digestOf(update), size: update.length },
    examples: dataset.size,
    dataset,
    metrics: { lossMicro: Math.round(loss * MICRO) },
    privacy: { mechanism: 'none' },
  };
  return seal('round.update', statement, member.signer);
}
