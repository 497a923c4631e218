// A federated job from proposal to finished: one officer proposes, m of n approve, then everybody does their part.

import { composeJob, proposeJob, voteJob, type Gateway, type JobOptions } from '@muster/edge-agent';
import type { Terms } from '@muster/protocol';
import type { NetworkPlan, OrganisationPlan } from '../derive/plan.ts';
import { waitUntil } from '../wait-until.ts';
import { followJob, type JobWatcher, type RoundReport } from './follow-job.ts';
import { connectIdentity, type ConnectedMember } from '../consortium/found-consortium.ts';

/** The ledger's beginning, as an event id. */
const BEGINNING = '0.0.0';

/** How long a proposal may take to reach every organisation. */
const SEEN_SECONDS = 20;

export interface JobRun {
  readonly job: string;
  readonly rounds: readonly RoundReport[];
}

export interface JobRunOptions extends Omit<JobOptions, 'organisations' | 'agents'> {
  readonly watcher: JobWatcher;
  readonly signal: AbortSignal;
  /** Told of the job before anybody votes; the gateway is open until the job has ended. */
  readonly onProposed?: (proposed: { job: string; terms: Terms; gateway: Gateway }) => void;
}

async function approve(plan: NetworkPlan, job: string, approvals: number): Promise<void> {
  // one after the other: votes are changes of one key
  for (const organisation of plan.organisations.slice(0, approvals)) {
    const { member, gateway } = await connectIdentity(organisation, 'officer');
    try {
      // each organisation's peer commits the proposal on its own
      await waitUntil({ waitedFor: `the proposal at the gateway of ${organisation.name}`, seconds: SEEN_SECONDS }, () =>
        gateway.job(job),
      );
      await voteJob(gateway, member, job, 'approve');
    } finally {
      await gateway.close();
    }
  }
}

async function runWith(
  plan: NetworkPlan,
  { member, gateway }: ConnectedMember,
  options: JobRunOptions,
): Promise<JobRun> {
  const { watcher, signal, onProposed, ...terms } = options;
  const composed = await composeJob({
    ...terms,
    organisations: plan.organisations.map(({ name }) => name),
    agents: plan.organisations.reduce((sum, { agents }) => sum + agents.length, 0),
  });
  const { job } = await proposeJob(gateway, member, composed);
  onProposed?.({ job, terms: composed.terms, gateway });
  await approve(plan, job, composed.terms.quorum.approvals);
  return { job, rounds: await followJob(gateway, job, watcher, { signal, since: BEGINNING }) };
}

/**
 * Runs a job of all organisations and agents of a network. Members must be running.
 * @throws what composing, proposing, voting and following throw
 */
export async function runJob(plan: NetworkPlan, options: JobRunOptions): Promise<JobRun> {
  const connected = await connectIdentity(plan.organisations[0] as OrganisationPlan, 'officer');
  try {
    return await runWith(plan, connected, options);
  } finally {
    await connected.gateway.close();
  }
}
