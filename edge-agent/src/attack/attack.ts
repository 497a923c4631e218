// What an attack is: what malicious agents see of a round, and the changes that they send instead of honest ones.
import type { DataSet } from '../data/index.ts';
import type { Random } from '../train/index.ts';

/** A change of all parameters, end to end, in units of the parameters. */
export type Change = Float32Array;

/** What colluding agents know when they make a round's updates. */
export interface Sight {
  /** From 1. */
  readonly round: number;
  /** Updates of the round, and how many of them are theirs. */
  readonly updates: number;
  readonly malicious: number;
  /** The honest changes of this round, in the order of the agents' names. */
  readonly honest: readonly Change[];
  /**
   * Honest changes that can be sent again: those of this round, or of the round before where commitments come before contents;
   * none in the first round then.
   */
  readonly copyable: readonly Change[];
  /** What the malicious agents' own training made, of attacks that train. */
  readonly own: readonly Change[];
  /** What the round before changed; zeros in the first. */
  readonly moved: Change;
  /** Draws of this round. */
  readonly random: Random;
}

export interface Attack {
  /** The paper or code that it is taken from. */
  readonly source: string;
  /** What malicious agents train on instead of their examples; attacks without it do not train. */
  readonly poison?: (data: DataSet, random: Random) => DataSet;
  /** Whether malicious agents train, on what they have where there is no poison. */
  readonly trains?: boolean;
  /** Whether what is sent is to be another's, to the bit. */
  readonly copies?: boolean;
  /** A function of the first round's honest changes that later rounds keep to, e.g. whom to copy. */
  readonly make: (sight: Sight) => readonly Change[];
  /** Test examples that tell how often a backdoor works: none of them is of the class that their targets name. */
  readonly triggered?: (test: DataSet) => DataSet;
}

/** The same change from every malicious agent. */
export const same = (change: Change, { malicious }: Sight): Change[] => Array.from({ length: malicious }, () => change);
