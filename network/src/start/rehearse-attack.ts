// Watching an attacked job: each round with what it would have come to otherwise, and at the end what the rule bore.

import type { RuleTerms } from '@muster/protocol';
import type { Progress } from '../progress.ts';
import type { RehearsedAttack } from './attack.ts';
import type { JobWatcher, RoundReport } from './follow-job.ts';
import { createForesight, type Foresight } from './foresight.ts';
import type { JobRunOptions } from './run-job.ts';
import {
  attackedHeading,
  attackedLine,
  attackLines,
  outcomeLine,
  pointsLost,
  ruleName,
  type Outcome,
} from './show-attack.ts';

export interface AttackWatch extends Required<Pick<JobRunOptions, 'onProposed'>> {
  readonly watcher: JobWatcher;
  /** Tells who attacks, and what the columns are. */
  readonly begin: () => void;
  /** Tells what the rule bore, in one line; nothing where no round was finalised. */
  readonly end: () => void;
}

interface Rehearsed {
  readonly attack: RehearsedAttack;
  readonly rule: RuleTerms;
  readonly agents: number;
}

/** Tells of an attacked job as it goes on. */
export function watchAttack(progress: Progress, { attack, rule, agents }: Rehearsed): AttackWatch {
  const { name, malicious } = attack;
  let foresee: ReturnType<typeof createForesight> | undefined;
  let last: { readonly round: RoundReport; readonly foresight: Foresight } | undefined;
  let leftOut = 0;
  return {
    begin: () => {
      progress.tell(attackLines(attack, agents), 'attack', { attack: name, malicious, agents, rule });
      progress.tell(`\n${attackedHeading}`, 'rounds');
    },
    onProposed: (proposed) => {
      foresee = createForesight({ ...proposed, malicious });
    },
    watcher: {
      async onRound(round) {
        const foresight = (await foresee?.(round.round)) ?? { honest: NaN, undefended: NaN };
        last = { round, foresight };
        leftOut += round.excluded.filter(({ by }) => malicious.includes(by)).length;
        const votes = Object.keys(round.evaluations).length;
        progress.tell(attackedLine(round, foresight), 'round', { ...round, votes, ...foresight });
      },
    },
    end: () => {
      if (last === undefined) return;
      const { round, foresight } = last;
      const counts = { malicious: malicious.length, agents, leftOut };
      const outcome: Outcome = { accuracy: round.accuracy, attack: name, rule: ruleName(rule), foresight, ...counts };
      progress.tell(outcomeLine(outcome), 'outcome', { ...outcome, pointsLost: pointsLost(outcome) });
    },
  };
}
