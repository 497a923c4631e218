// The lines that Flower's server app writes, one a round: followed while it runs.
import { readFile } from 'node:fs/promises';
import { Giveup, waitUntil } from '../network/src/wait-until.ts';
import type { FlowerProcesses } from './flower-processes.ts';

/** One line, as peers/flower/peer/server.py writes it. */
export interface FlowerRound {
  readonly round: number;
  readonly seconds: number;
  readonly trainingSeconds: number;
  readonly trainingSecondsPerClient: readonly number[];
  readonly evaluationSeconds: number;
  readonly examples: readonly number[];
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * Reads the complete lines; one still being written is left for the next reading.
 * @throws TypeError when the rounds do not follow one another from 1: the file is not of one run
 */
export function parseRounds(text: string): FlowerRound[] {
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = complete.split('\n').filter((line) => line !== '');
  return lines.map((line, index) => {
    const round = JSON.parse(line) as FlowerRound;
    if (round.round !== index + 1) throw new TypeError(`line ${index + 1} is of round ${round.round}`);
    return round;
  });
}

const ROUND_SECONDS = 600;
const POLL_MS = 200;

export interface Collecting {
  readonly processes: FlowerProcesses;
  /** Names of the processes without which no round can end. */
  readonly nodes: readonly string[];
  /** Name of the process that ends with the run. */
  readonly run: string;
  readonly wanted: number;
  readonly results: string;
  readonly told: (round: FlowerRound) => void;
  readonly signal: AbortSignal;
}

/**
 * Follows the file the server app writes until all rounds are in it.
 * @throws MusterError ERR_NODE_FAILED when the run ends before, or one of the nodes; ERR_WAIT_EXPIRED
 */
export async function collectRounds(options: Collecting): Promise<FlowerRound[]> {
  const { processes, nodes, run, wanted, results, told, signal } = options;
  let runEnded = false;
  void processes.ended(run).then(() => (runEnded = true));
  let rounds: FlowerRound[] = [];
  while (rounds.length < wanted) {
    const before = rounds.length;
    const waitedFor = `round ${before + 1} of Flower`;
    await waitUntil({ waitedFor, seconds: ROUND_SECONDS, pollMs: POLL_MS }, async () => {
      const last = runEnded; // read before the file: a line written just before the end must not be missed
      await requireRunning(processes, nodes, signal);
      rounds = parseRounds(await readFile(results, { encoding: 'utf8', flag: 'a+' }));
      if (rounds.length > before) return;
      if (last) throw new Giveup(await processes.failure(run, `ended after ${before} of ${wanted} rounds`));
      throw new Error(`${before} rounds written`);
    });
    rounds.slice(before).forEach(told);
  }
  return rounds;
}

/** Ends a wait at once when it is aborted or a process is gone. */
export async function requireRunning(
  processes: FlowerProcesses,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  try {
    signal?.throwIfAborted();
    await processes.requireRunning(names);
  } catch (error) {
    throw new Giveup(error);
  }
}
