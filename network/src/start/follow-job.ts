// Watching a job round by round, from the ledger's events as one gateway tells them.

import { MusterError, type AttestationState, type Evaluation, type RoundState } from '@muster/protocol';
import type { EventRow, Gateway } from '@muster/edge-agent';

/** A finalised round as a person reads it. */
export interface RoundReport {
  readonly round: number;
  /** over all hold-outs, weighted by examples */
  readonly loss: number;
  readonly accuracy: number;
  /** by organisation, of those that attested */
  readonly evaluations: Readonly<Record<string, Evaluation>>;
  readonly updates: number;
  /** who was left out of the model, and why */
  readonly excluded: AttestationState['excluded'];
  /** organisations whose attestations agreed */
  readonly attestedBy: readonly string[];
  /** those of them whose attestations may be copies, where attestations are committed to */
  readonly dependent?: readonly string[];
  /** from open to finalised, by the ledger's time */
  readonly seconds: number;
  /** from the last recorded update to finalised */
  readonly secondsAfterLastUpdate: number;
  /** from the last attestation to finalised */
  readonly secondsToFinalise: number;
  readonly base: string;
  readonly model: string;
}

/** What a classifier's evaluation says of its accuracy; a regression has none. */
export function accuracyMicro(evaluation: Evaluation): number {
  return 'accuracyMicro' in evaluation ? evaluation.accuracyMicro : 0;
}

/** Mean loss and accuracy of some hold-outs, weighted by their examples. */
export function overall(evaluations: readonly Evaluation[]): { loss: number; accuracy: number } {
  const examples = evaluations.reduce((sum, evaluation) => sum + evaluation.examples, 0);
  const mean = (micro: (evaluation: Evaluation) => number): number =>
    evaluations.reduce((sum, evaluation) => sum + evaluation.examples * micro(evaluation), 0) / examples / 1e6;
  return { loss: mean(({ lossMicro }) => lossMicro), accuracy: mean(accuracyMicro) };
}

/** What has been seen of the current round. */
interface Watch {
  attestations: Map<string, AttestationState>;
  lastUpdateAt: number;
}

function report(round: RoundState, { attestations, lastUpdateAt }: Watch): RoundReport {
  const evaluations = Object.fromEntries([...attestations].map(([name, { evaluation }]) => [name, evaluation]));
  const { finalisedAt = 0, attestedBy = [] } = round;
  return {
    round: round.round,
    ...overall(Object.values(evaluations)),
    evaluations,
    updates: round.updates?.count ?? 0,
    // those who agree say the same
    excluded: attestations.get(attestedBy[0] ?? '')?.excluded ?? [],
    attestedBy,
    ...(round.dependent && { dependent: round.dependent }),
    seconds: (finalisedAt - round.openedAt) / 1000,
    secondsAfterLastUpdate: (finalisedAt - lastUpdateAt) / 1000,
    secondsToFinalise: (finalisedAt - Math.max(0, ...[...attestations.values()].map(({ at }) => at))) / 1000,
    base: round.base.digest,
    model: round.model?.digest ?? '',
  };
}

/** What happens in a job, as it happens. */
export interface JobWatcher {
  onUpdate?(by: string, round: number): void;
  onAttestation?(organisation: string, round: number): void;
  /** The next event is told once what this returns has settled. */
  onRound(report: RoundReport): unknown;
}

async function see(row: EventRow, watch: Watch, watcher: JobWatcher): Promise<'goes on' | 'finished'> {
  switch (row.type) {
    case 'round.updated':
      watch.lastUpdateAt = Math.max(watch.lastUpdateAt, row.data.at);
      watcher.onUpdate?.(row.data.by, row.data.round);
      return 'goes on';
    case 'round.attested':
      watch.attestations.set(row.data.organisation, row.data);
      watcher.onAttestation?.(row.data.organisation, row.data.round);
      return 'goes on';
    case 'round.opened':
      watch.attestations.clear();
      watch.lastUpdateAt = 0;
      return 'goes on';
    case 'round.finalised':
      await watcher.onRound(report(row.data, watch));
      return 'goes on';
    case 'job.finished':
      return 'finished';
    case 'job.failed':
      throw new MusterError('ERR_JOB_STATUS', { job: row.data.job, status: 'failed', expected: 'finished' });
    default:
      return 'goes on';
  }
}

/**
 * Follows a job from an event on until it is finished.
 * @param since the id of an event before the job's first round; `0.0.0` is the ledger's beginning
 * @throws ERR_JOB_STATUS where the job fails; what the signal was aborted with
 */
export async function followJob(
  gateway: Gateway,
  job: string,
  watcher: JobWatcher,
  { signal, since }: { readonly signal: AbortSignal; readonly since: string },
): Promise<RoundReport[]> {
  const reports: RoundReport[] = [];
  const watch: Watch = { attestations: new Map(), lastUpdateAt: 0 };
  const collecting: JobWatcher = {
    ...watcher,
    onRound: (round) => {
      reports.push(round);
      return watcher.onRound(round);
    },
  };
  for await (const row of gateway.follow({ job, signal, since })) {
    if ((await see(row, watch, collecting)) === 'finished') return reports;
  }
  signal.throwIfAborted();
  return reports;
}
