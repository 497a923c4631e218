// Waiting for a condition with a deadline, and saying what was waited for when it did not come.
import { setTimeout as delay } from 'node:timers/promises';
import { MusterError } from '@muster/protocol';

export interface WaitOptions {
  /** Completes the sentence "waited 30 s for …". */
  readonly waitedFor: string;
  readonly seconds: number;
  readonly pollMs?: number;
}

/**
 * Calls `attempt` until it resolves. A rejection means not yet.
 * @throws MusterError ERR_WAIT_EXPIRED with the last rejection as its cause
 */
export async function waitUntil<T>(options: WaitOptions, attempt: () => Promise<T>): Promise<T> {
  const { waitedFor, seconds, pollMs = 50 } = options;
  const deadline = performance.now() + seconds * 1000;
  while (true) {
    try {
      return await attempt();
    } catch (cause) {
      if (cause instanceof Giveup) {
        throw cause.cause;
      }
      if (performance.now() + pollMs >= deadline) {
        const last = cause instanceof Error ? cause.message : String(cause);
        throw new MusterError('ERR_WAIT_EXPIRED', { waitedFor, seconds, last }, { cause });
      }
    }
    await delay(pollMs);
  }
}

/** Thrown by an attempt to end the waiting at once, with the error that waiting would not cure. */
export class Giveup extends Error {
  constructor(cause: unknown) {
    super('no use in waiting', { cause });
    this.name = 'Giveup';
  }
}
