// What a person reads of a job: a line a round, a drawing of its accuracy, a summary. Text only; nothing is written here.

import pc from 'picocolors';
import { attestedBy, explained } from '../commands/attested.ts';
import { accuracyMicro, type RoundReport } from './follow-job.ts';

const PERCENT = 100;
const BLOCKS = ' ▁▂▃▄▅▆▇█';

/** A share as a percentage with two decimals. */
export function percent(share: number): string {
  return `${(share * PERCENT).toFixed(2)} %`;
}

/** A digest short enough to read aloud: its first 12 hex digits. */
export function short(digest: string): string {
  return digest.replace('sha256:', '').slice(0, 12);
}

/** The heading over {@link roundLine}. */
export const roundHeading = 'round    loss   accuracy   updates   votes   seconds   model';

/** One round in one line. */
export function roundLine({ round, loss, accuracy, updates, evaluations, seconds, model }: RoundReport): string {
  const votes = Object.keys(evaluations).length;
  const cells = [
    String(round).padStart(5),
    loss.toFixed(4).padStart(7),
    percent(accuracy).padStart(10),
    String(updates).padStart(9),
    String(votes).padStart(7),
    seconds.toFixed(2).padStart(9),
    `  ${short(model)}`,
  ];
  return cells.join(' ');
}

/** Accuracy over the rounds as a row of blocks, from the lowest to the highest seen. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  return values.map((value) => BLOCKS[1 + Math.round(((value - low) / span) * (BLOCKS.length - 2))] ?? '').join('');
}

function accuracyLines(last: RoundReport): string[] {
  const names = Object.keys(last.evaluations).sort();
  const width = Math.max(...names.map((name) => name.length), 'overall'.length);
  const bar = (share: number): string => '█'.repeat(Math.round(share * 30));
  const line = (name: string, share: number): string =>
    `  ${name.padEnd(width)}  ${percent(share)}  ${pc.cyan(bar(share))}`;
  return [
    ...Object.entries(last.evaluations)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, evaluation]) => line(name, accuracyMicro(evaluation) / 1e6)),
    line('overall', last.accuracy),
  ];
}

/** Where each model comes from: one line a round, newest last. */
export function lineageLines(reports: readonly RoundReport[]): string[] {
  return reports.map((report) => {
    const { round, base, model, updates } = report;
    const made = `${short(base)} + ${updates} updates → ${pc.bold(short(model))}`;
    return `  round ${String(round).padStart(3)}  ${made}  attested by ${attestedBy(report, ', ')}`;
  });
}

/** What the summary is made of besides the rounds. */
export interface SummaryFacts {
  readonly job: string;
  readonly gateways: readonly string[];
  readonly state: string;
  readonly officerFolder: string;
  readonly tlsRoot: string;
}

/** The end of a job as a person reads it. */
export function summary(reports: readonly RoundReport[], facts: SummaryFacts): string {
  const last = reports.at(-1);
  if (last === undefined) return 'No round was finalised.';
  const { officerFolder, tlsRoot, gateways, state, job } = facts;
  return [
    '',
    pc.bold('Accuracy on each organisation’s hold-out'),
    ...accuracyLines(last),
    `  over the rounds  ${sparkline(reports.map(({ accuracy }) => accuracy))}  ${percent(reports[0]?.accuracy ?? 0)} → ${percent(last.accuracy)}`,
    '',
    pc.bold('Lineage'),
    explained(lineageLines(reports).join('\n'), reports),
    '',
    pc.bold('Where things are'),
    `  model   ${last.model}`,
    `  job     ${job}`,
    `  API     ${gateways.join('  ')}`,
    `  state   ${state}`,
    '',
    pc.bold('Try next'),
    `  npx muster status`,
    `  npx muster audit lineage ${last.model}`,
    `  npx muster audit history model ${job}`,
    `  curl --cacert ${tlsRoot} --cert ${officerFolder}/certificate.pem --key ${officerFolder}/key.pem ${gateways[0] ?? ''}/v1/jobs`,
  ].join('\n');
}
