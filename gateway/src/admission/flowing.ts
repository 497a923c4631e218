// Flow: what a sender must keep up, so that nobody holds a place for arriving bytes by sending next to none.

import { MusterError } from '@muster/protocol';

export interface Flow {
  /** how long nothing at all may arrive, milliseconds */
  readonly stallMs: number;
  /** what must arrive on average, bytes a second, once `stallMs` have been waited in all */
  readonly bytesPerSecond: number;
}

const tooSlow = (what: string, ms: number): MusterError =>
  new MusterError('ERR_REQUEST_SLOW', { what, ms: Math.round(ms) });

/**
 * Chunks as they arrive, unless the source stands still or trickles. Only the time counts in which the source was waited for:
 * a slow disk of ours is no fault of the sender's.
 * @param now milliseconds, monotonic
 * @throws ERR_REQUEST_SLOW
 */
export async function* flowing(
  source: AsyncIterable<Uint8Array>,
  { stallMs, bytesPerSecond }: Flow,
  now: () => number = () => performance.now(),
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let [waited, bytes] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  try {
    while (true) {
      const left = stallMs + (1000 * bytes) / bytesPerSecond - waited;
      if (left <= 0) throw tooSlow(`artefact at ${bytesPerSecond} bytes a second`, waited);
      const slow = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(tooSlow('artefact', Math.min(stallMs, left))), Math.min(stallMs, left));
      });
      const asked = now();
      const next = await Promise.race([iterator.next(), slow]);
      clearTimeout(timer);
      waited += now() - asked;
      if (next.done === true) return;
      bytes += next.value.length;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
  }
}
