// The reputations that a scored job ends with, as `muster start` tells them.

import type { Gateway } from '@muster/edge-agent';
import pc from 'picocolors';
import { byRank, reputationTable } from '../commands/reputation.ts';
import { connectIdentity } from '../consortium/found-consortium.ts';
import type { OrganisationPlan } from '../derive/plan.ts';
import type { Progress } from '../progress.ts';
import { waitUntil } from '../wait-until.ts';

/** Validators settle by turns once the last round has ended: moments, but not none. */
const SETTLED_SECONDS = 60;

/** The last round that was settled for an organisation; 0 before the first. */
async function settledFor(gateway: Gateway, job: string, organisation: string): Promise<number> {
  const [last] = await gateway.find({ job, type: 'round.settled', organisation }, 1);
  return last?.type === 'round.settled' ? last.data.round : 0;
}

/**
 * Waits until a finished job is settled, and tells the reputations of all agents, best first.
 * @param organisations of the job; the first one's officer asks
 */
export async function tellReputations(
  progress: Progress,
  organisations: readonly [OrganisationPlan, ...OrganisationPlan[]],
  job: string,
): Promise<void> {
  const { gateway } = await connectIdentity(organisations[0], 'officer');
  try {
    const last = (await gateway.job(job)).model?.round ?? 0;
    for (const { name } of organisations) {
      await waitUntil({ waitedFor: `round ${last} to be settled for ${name}`, seconds: SETTLED_SECONDS }, async () => {
        const settled = await settledFor(gateway, job, name);
        if (settled < last) throw new Error(`it is settled up to round ${settled}`);
      });
    }
    const reputations = (await gateway.reputations(job)).sort(byRank);
    progress.tell(`\n${pc.bold('Reputations')}\n${reputationTable(reputations)}`, 'reputations', { reputations });
  } finally {
    await gateway.close();
  }
}
