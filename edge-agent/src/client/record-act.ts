// Doing an act: seal the statement, hand it in, see it recorded.

import {
  catalogue,
  isMusterError,
  MusterError,
  seal,
  type Act,
  type Claims,
  type Receipt,
  type Signer,
} from '@muster/protocol';
import { createBackoff } from './backoff.ts';
import type { Gateway } from './gateway.ts';
import { fromRefusal } from './problem.ts';

export interface RecordOptions {
  /** how long to try at most, milliseconds */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Longest wait a gateway grants. */
const WAIT_MS = 30_000;

/** Whether the same envelope may fare better later. */
export function isRetryable(error: unknown): boolean {
  return isMusterError(error) && catalogue[error.code].family !== 'refused';
}

/**
 * Hands in an envelope until it is recorded. What may be mended by a retry is retried: the same envelope is recorded once.
 * @throws MusterError of the refusal, the last failure once the time is over, ERR_WAIT_EXPIRED where the ledger only waits
 */
export async function recordEnvelope(
  gateway: Gateway,
  act: Act,
  envelope: string,
  { timeoutMs = 60_000, signal }: RecordOptions = {},
): Promise<Receipt> {
  const limit = AbortSignal.timeout(timeoutMs);
  const until = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  const backoff = createBackoff(100, 2000);
  let last: unknown = new MusterError('ERR_WAIT_EXPIRED', {
    waitedFor: `a receipt for ${act}`,
    seconds: timeoutMs / 1000,
    last: 'pending',
  });
  let turn = 0;
  do {
    let failure: unknown;
    try {
      const submission = await gateway.submit(act, envelope, Math.min(WAIT_MS, timeoutMs), turn);
      if (submission.error !== undefined) throw fromRefusal(submission.error);
      if (submission.receipt !== undefined) return submission.receipt;
      // it may be slow, or may never have meant to
      turn++;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      last = failure = error;
    }
    await backoff.wait(until, failure);
  } while (!until.aborted);
  throw last;
}

/**
 * Seals a statement and records it.
 * @throws as {@link recordEnvelope}
 */
export function recordAct(
  gateway: Gateway,
  act: Act,
  claims: Claims,
  signer: Signer,
  options?: RecordOptions,
): Promise<Receipt> {
  return recordEnvelope(gateway, act, seal(act, claims, signer), options);
}
