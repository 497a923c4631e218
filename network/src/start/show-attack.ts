// What a person reads of an attacked job: who attacks, what each round would have come to otherwise, and what the rule bore.

import type { RuleTerms } from '@muster/protocol';
import { sourceOf, type RehearsedAttack } from './attack.ts';
import type { RoundReport } from './follow-job.ts';
import type { Foresight } from './foresight.ts';
import { percent, roundHeading, roundLine } from './show.ts';

/** Points of accuracy that a rule may lose and is still said to have withstood. */
const WITHSTOOD = 2;

/** A rule as people call it: what comes before it, then its name. */
export function ruleName({ name, options }: RuleTerms): string {
  const { before, of } = options as { readonly before?: readonly string[]; readonly of?: RuleTerms };
  const along = of === undefined ? '' : ` along ${ruleName(of)}`;
  return `${[...(before ?? []), name].join(' + ')}${along}`;
}

/** Who attacks, and how. */
export function attackLines({ name, malicious }: RehearsedAttack, agents: number): string {
  return [
    `\nAttack ${name} by ${malicious.length} of ${agents} agents (${sourceOf(name)})`,
    `  malicious   ${malicious.join('  ')}`,
  ].join('\n');
}

/** The heading over {@link attackedLine}. */
export const attackedHeading = `${roundHeading}          honest alone   undefended`;

/** A round in one line, with fed-avg of the honest agents alone and of all; below, who was left out and why. */
export function attackedLine(round: RoundReport, { honest, undefended }: Foresight): string {
  const cells = [roundLine(round), percent(honest).padStart(16), percent(undefended).padStart(12)];
  const reasons = [...Map.groupBy(round.excluded, ({ code }) => code)];
  return [
    cells.join(' '),
    ...reasons.map(([code, all]) => `       left out   ${code}   ${all.map(({ by }) => by).join('  ')}`),
  ].join('\n');
}

/** What became of an attack. */
export interface Outcome {
  readonly accuracy: number;
  readonly malicious: number;
  readonly agents: number;
  readonly attack: string;
  readonly rule: string;
  readonly foresight: Foresight;
  /** updates of malicious agents that were left out, in all rounds */
  readonly leftOut: number;
}

/** Points of accuracy below the honest agents alone; less than 0 above them. */
export const pointsLost = ({ accuracy, foresight }: Outcome): number => (foresight.honest - accuracy) * 100;

/** An attack in one line. */
export function outcomeLine(outcome: Outcome): string {
  const { accuracy, malicious, agents, attack, rule, foresight, leftOut } = outcome;
  const lost = pointsLost(outcome);
  const beside =
    lost >= 0
      ? `${lost.toFixed(2)} points below the honest alone`
      : `${(-lost).toFixed(2)} points above the honest alone`;
  const verdict = lost <= WITHSTOOD ? 'withstood' : 'did not withstand';
  const excluded = leftOut === 0 ? '' : `, ${leftOut} of their updates left out`;
  return (
    `accuracy ${percent(accuracy)} with ${malicious} of ${agents} agents malicious (${attack})${excluded}: ${rule} ${verdict} it, ` +
    `${beside}; undefended the last round had come to ${percent(foresight.undefended)}`
  );
}
