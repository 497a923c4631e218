// muster reputation: what the ledger remembers of a job's agents.

import type { Reputation } from '@muster/edge-agent';
import type { Command } from 'commander';
import { bar, BAR_HEAD, signed } from './bar.ts';
import { findJob } from './find-job.ts';
import { asMember, type MemberOptions, withMember } from './member-options.ts';
import { table, tell } from './show.ts';

interface ReputationOptions extends MemberOptions {
  readonly of?: string;
}

export function register(program: Command): void {
  withMember(program.command('reputation'))
    .description('show the reputations of a job’s agents, best first: the moving average of their scores')
    .argument('<job>', 'its id, or the beginning of it')
    .option('--of <organisation>', 'whose agents; of all by default')
    .action(show);
}

/** Best first. */
export const byRank = (a: Reputation, b: Reputation): number =>
  b.reputationMicro - a.reputationMicro || (a.by < b.by ? -1 : 1);

/** For people. */
export function reputationTable(reputations: readonly Reputation[]): string {
  const head = ['agent', 'reputation', BAR_HEAD, 'last score', 'rounds', 'last round'];
  return table(
    head,
    reputations.map(({ by, reputationMicro, scoreMicro, rounds, round }) => [
      by,
      signed(reputationMicro),
      bar(reputationMicro),
      signed(scoreMicro),
      String(rounds),
      String(round),
    ]),
  );
}

function show(prefix: string, options: ReputationOptions): Promise<void> {
  return asMember(options, async ({ gateway }) => {
    const { job, terms } = await findJob(gateway, prefix);
    const found = await gateway.reputations(job, options.of === undefined ? {} : { organisation: options.of });
    const reputations = found.sort(byRank);
    const why = terms.scores === undefined ? 'the job has no scores' : 'no round has been settled yet';
    const text = reputations.length === 0 ? `nothing found: ${why}` : reputationTable(reputations);
    tell(options.json, { job, reputations }, text);
  });
}
