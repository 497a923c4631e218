// muster job scores: what organisations say of each update of a round, and what that did to its agent's reputation.

import type { ScoredUpdate } from '@muster/edge-agent';
import type { Command } from 'commander';
import { bar, BAR_HEAD, signed } from './bar.ts';
import { findJob } from './find-job.ts';
import { asMember, type MemberOptions, withMember } from './member-options.ts';
import { parseCount } from './network-options.ts';
import { table, tell } from './show.ts';

/** Adds it to `muster job`. */
export function registerScores(job: Command): void {
  withMember(job.command('scores'))
    .description('show what each organisation says of the updates of a round, in loss on its own hold-out')
    .argument('<job>', 'its id, or the beginning of it')
    .argument('[round]', 'its number (default: the last that was settled for all organisations)', parseCount)
    .action(show);
}

/** A table of some rounds' agents, for people. */
export function scoresTable(organisations: readonly string[], rows: readonly ScoredUpdate[]): string {
  const head = ['agent', 'outcome', 'score', BAR_HEAD, 'median', ...organisations, 'reputation'];
  return table(
    head,
    rows.map(({ by, scores, settled }) => {
      const said = organisations.map((name) => scores.find(({ organisation }) => organisation === name)?.scoreMicro);
      const { outcome, code, medianMicro } = settled ?? { outcome: 'not settled' };
      const moved = settled !== undefined && outcome !== 'unscored' && outcome !== 'unavailable';
      return [
        by,
        code ?? outcome,
        ...(moved ? [signed(settled.scoreMicro), bar(settled.scoreMicro)] : ['-', '']),
        medianMicro === undefined ? '-' : signed(medianMicro, 4),
        ...said.map((micro) => (micro === undefined ? '-' : signed(micro, 4))),
        settled === undefined ? '-' : signed(settled.reputationMicro),
      ];
    }),
  );
}

function show(prefix: string, asked: number | undefined, options: MemberOptions): Promise<void> {
  return asMember(options, async ({ gateway }) => {
    const { job, terms } = await findJob(gateway, prefix);
    const round = asked ?? (await lastSettled());
    const scores = await gateway.scores(job, round);
    const method = terms.scores?.method ?? 'none';
    const text = scores.length === 0 ? 'nothing found' : scoresTable(terms.organisations, scores);
    tell(options.json, { job, round, method, scores }, `round ${round} of ${job}, scored by ${method}\n\n${text}`);

    async function lastSettled(): Promise<number> {
      const settled = await Promise.all(
        terms.organisations.map(async (organisation) => {
          const [last] = await gateway.find({ job, type: 'round.settled', organisation }, 1);
          return last?.type === 'round.settled' ? last.data.round : 0;
        }),
      );
      return Math.max(1, Math.min(...settled));
    }
  });
}
