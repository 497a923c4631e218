// What every bench is: a module whose `run` measures something and tells it as rows for people and figures for programs.
import type { Progress } from '../network/src/progress.ts';

export interface BenchOptions {
  /** Steps are told here; it never writes to stdout, which holds the result alone. */
  readonly progress: Progress;
  /** Aborted when the bench is told to end: whatever it started must be torn down. */
  readonly signal: AbortSignal;
  /** Rounds to measure, of those benches that have rounds. */
  readonly rounds?: number;
  /** Cases a parser, of the bench that fuzzes; flips, of the one that audits. */
  readonly cases?: number;
  /** The one parser to fuzz. */
  readonly parser?: string;
  /** The models to train, with commas between them, of the bench that trains. */
  readonly models?: string;
  /** Of a bench that lasts, how long, and of one that overloads, by how much. */
  readonly minutes?: number;
  readonly factor?: number;
  /** Of the bench `chaos`: runs of each fault, how the names of the faults to run begin, and the seed of its instants and victims. */
  readonly runs?: number;
  readonly fault?: string;
  readonly seed?: number;
  /** Roles of the bench `shakespeare`. */
  readonly roles?: number;
  /** Of the benches `attacks` and `attacked-network`: agents, what is played (names and numbers with commas between them), and the file of results. */
  readonly agents?: number;
  /** Of the bench `attacks`: examples of the root data set. */
  readonly root?: number;
  readonly all?: boolean;
  readonly rules?: string;
  readonly attacks?: string;
  readonly malicious?: string;
  readonly alpha?: string;
  readonly copies?: string;
  readonly results?: string;
  /** Plays nothing, and tells of all results that there are. */
  readonly report?: boolean;
}

/** One line of a table, column name to value. */
export type Row = Readonly<Record<string, string | number>>;

/** A further table, with a title of its own and what stands below it. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly below: string;
}

export interface BenchResult {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly sections?: readonly Section[];
  /** What was measured, for programs: every unit in its name. */
  readonly figures: Readonly<Record<string, unknown>>;
  /** Ours ÷ theirs, where a bench compares. */
  readonly ratio?: number;
}

export interface BenchModule {
  readonly run: (options: BenchOptions) => Promise<BenchResult>;
}
