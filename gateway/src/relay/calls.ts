// Which chaincode function takes which act, and what the gateway must tell the peer about endorsement.

import { encodeBatch, openEnvelope, type Act } from '@muster/protocol';
import type { Call } from '../ports.ts';
import type { Submission } from '../submissions/submission.ts';

interface Target {
  readonly function: string;
  /** takes many envelopes in one transaction and answers with a verdict each */
  readonly coalesced?: true;
}

const targets: Record<Act, Target> = {
  'consortium.register': { function: 'consortium:register' },
  'consortium.enrol': { function: 'consortium:enrol', coalesced: true },
  'consortium.revoke': { function: 'consortium:revoke' },
  'job.propose': { function: 'jobs:propose' },
  'job.vote': { function: 'jobs:vote' },
  'round.commit': { function: 'rounds:commit', coalesced: true },
  'round.reveal': { function: 'rounds:reveal' },
  'round.update': { function: 'rounds:record', coalesced: true },
  'round.root': { function: 'rounds:root' },
  'round.close': { function: 'rounds:close' },
  'round.attest': { function: 'rounds:attest' },
  'round.finalise': { function: 'rounds:finalise' },
  'round.abandon': { function: 'rounds:abandon' },
  'round.settle': { function: 'rounds:settle' },
};

export function isCoalesced(act: Act): boolean {
  return targets[act].coalesced === true;
}

/**
 * The lane of a submission. Envelopes of one organisation write the same pages of the ledger; other acts go alone, those of
 * one signatory in their order. Each finalisation has a lane of its own: one that waits for a peer which is down would hold up
 * the next, which names others.
 */
export function laneOf({ id, act, by }: Submission): string {
  if (act === 'round.finalise') return `${act} ${id}`;
  return isCoalesced(act) ? `${act} ${by.split('/')[0] ?? ''}` : `${act} ${by}`;
}

/** Only peers of the agreeing organisations endorse a finalisation, so those that the statement names are asked. */
function endorsersOf({ act, envelope }: Submission): readonly string[] | undefined {
  if (act !== 'round.finalise') return undefined;
  const { organisations } = openEnvelope(envelope, act).statement;
  return Array.isArray(organisations) ? organisations.filter((name) => typeof name === 'string') : undefined;
}

/** The call for some submissions of one act; only a coalesced act takes more than one. */
export function callFor(batch: readonly [Submission, ...Submission[]]): Call {
  const [first] = batch;
  const { function: name, coalesced } = targets[first.act];
  const args = [coalesced === true ? encodeBatch(batch.map(({ envelope }) => envelope)) : first.envelope];
  const endorsers = endorsersOf(first);
  return { function: name, args, ...(endorsers === undefined ? {} : { endorsers }) };
}
