// What ending a round writes, whichever way it ends.

import { keys, type AbandonOutcome, type FinaliseOutcome } from '@muster/protocol';
import type { Ledger } from '../ledger.ts';

/** Writes the ended round, the model pointer, and the next round or the ended job. */
export function endRound(ledger: Ledger, { round, model, next, job, events }: AbandonOutcome | FinaliseOutcome): void {
  ledger.put(keys.round(round.job, round.round), round);
  ledger.put(keys.model(round.job), model);
  if (next !== undefined) ledger.put(keys.round(next.job, next.round), next);
  if (job !== undefined) ledger.put(keys.job(job.job), job);
  ledger.emit(events);
}
