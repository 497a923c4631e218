// A cell of the bench: one rule under one attack, over one division of the data.

/** Whether an honest update that is sent again counts. */
export type Copies =
  /** all is seen before a round closes, and equal updates count each */
  | 'counted'
  /** commitments come before contents, so that only updates of the round before can be copied; of equal ones the first counts */
  | 'excluded'
  /** the same, but each attacker changes one value by one unit, so that no two are equal */
  | 'varied';

/** The name of no attack: everybody is honest, and the rule counts with so many who are not. */
export const HONEST = 'none';

export interface Setting {
  readonly agents: number;
  readonly rounds: number;
  /** Of Dirichlet's distribution, or iid. */
  readonly alpha: number | 'iid';
  readonly seed: number;
  /** Examples of the root data set, of rules that need one. */
  readonly root: number;
  /** Widths of the model's hidden layers, where they are not one of 100. */
  readonly hidden?: readonly number[];
  /** Examples of a step, where they are not 32. */
  readonly batch?: number;
}

export interface Cell extends Setting {
  readonly rule: string;
  readonly attack: string;
  /** Share of the agents, percent. */
  readonly malicious: number;
  readonly copies: Copies;
}

export interface CellResult extends Cell {
  /** On the 10,000 test images, after each of the last rounds. */
  readonly accuracies: readonly number[];
  /** Of test images with the trigger, those that were taken for the backdoor's class. */
  readonly success?: number;
  /** Why the rule gave up, where it did: the code of its refusal. */
  readonly refused?: string;
  /** Updates that were excluded for being equal, in all rounds. */
  readonly excluded: number;
  readonly seconds: number;
}

/** Names a cell among all others, also of other runs. */
export function keyOf(cell: Cell): string {
  const { rule, attack, malicious, copies, agents, rounds, alpha, seed, root, hidden, batch } = cell;
  const usual = [rule, attack, malicious, copies, agents, rounds, alpha, seed, root];
  const more = [
    ...(hidden === undefined ? [] : [`hidden ${hidden.join('-')}`]),
    ...(batch === undefined ? [] : [`batch ${batch}`]),
  ];
  return [...usual, ...more].join(' ');
}
