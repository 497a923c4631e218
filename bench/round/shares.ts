// Where a round's wall time goes, from the log lines of agents and validators and the ledger's own times.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RoundReport } from '../../network/src/start/follow-job.ts';

/** Seconds of one round along its critical path; they add up to its wall time. */
export interface Shares {
  /** the slowest agent's training */
  readonly training: number;
  /** its fetching of the base, sealing and uploading, and the storing of the aggregate */
  readonly transfer: number;
  /** its wait for the receipt, the slowest attestation's record, the finalisation */
  readonly ledger: number;
  /** the slowest validator's aggregation and evaluation */
  readonly aggregation: number;
  /** the rest: between one party's end and the next one's start, processes that wait for a core */
  readonly waiting: number;
}

interface Line {
  readonly event?: string;
  readonly job?: string;
  readonly round?: number;
  readonly seconds?: Readonly<Record<string, number>>;
}

/** The log lines of all agents and validators that tell of a job's rounds. */
export async function readLines(folder: string, job: string): Promise<Line[]> {
  const names = (await readdir(folder)).filter((name) => /^(agent-\d+|validator)\./.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.includes(job) && line.includes('"seconds"'))
    .map((line) => JSON.parse(line) as Line);
}

const total = (seconds: Readonly<Record<string, number>>, parts: readonly string[]): number =>
  parts.reduce((sum, part) => sum + (seconds[part] ?? 0), 0);

/** The line of a kind whose parts took longest. */
function slowest(
  lines: readonly Line[],
  event: string,
  round: number,
  parts: readonly string[],
): Readonly<Record<string, number>> {
  const all = lines.filter((line) => line.event === event && line.round === round).map(({ seconds = {} }) => seconds);
  return all.reduce((worst, seconds) => (total(seconds, parts) > total(worst, parts) ? seconds : worst), {});
}

/** The shares of a round. */
export function sharesOf(lines: readonly Line[], report: RoundReport): Shares {
  const agent = slowest(lines, 'round', report.round, ['fetch', 'train', 'seal', 'upload', 'record']);
  const validator = slowest(lines, 'attestation', report.round, ['aggregate', 'evaluate', 'record']);
  const training = agent['train'] ?? 0;
  const transfer = total(agent, ['fetch', 'seal', 'upload']);
  const aggregation = total(validator, ['aggregate', 'evaluate']);
  const ledger = total(agent, ['record']) + total(validator, ['record']) + report.secondsToFinalise;
  const waiting = Math.max(0, report.seconds - training - transfer - aggregation - ledger);
  return { training, transfer, ledger, aggregation, waiting };
}
