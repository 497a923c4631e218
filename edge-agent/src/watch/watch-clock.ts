// Watching the own clock beside the gateways'. Windows of rounds are kept by it: a clock that is far ahead lets a device think
// that every round is over, and nothing else would say so.

import { readFile } from 'node:fs/promises';
import { agreedSkew, clockSkewed, type MusterError } from '@muster/protocol';
import { askSkew, pause, type GatewayAddress } from '../client/index.ts';
import type { Log } from './log.ts';

export interface WatchClockOptions {
  /** `tlsRoot` is a file */
  readonly gateways: readonly GatewayAddress[];
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly intervalMs?: number;
}

const INTERVAL_MS = 60_000;

/** What is wrong with the clock by what most gateways say; undefined where nothing is known to be. */
export async function clockError(
  gateways: readonly GatewayAddress[],
): Promise<MusterError<'ERR_CLOCK_SKEWED'> | undefined> {
  const ask = async ({ url, tlsRoot }: GatewayAddress): Promise<number> =>
    askSkew(url, await readFile(tlsRoot, 'utf8'));
  const answers = await Promise.allSettled(gateways.map(ask));
  const skews = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const agreed = agreedSkew(skews, gateways.length);
  return agreed === undefined ? undefined : clockSkewed(agreed, `most of ${gateways.length} gateways`);
}

/** Says in the log when the clock is wrong, and when it is right again. Never ends the device: its work may still be good. */
export async function watchClock({
  gateways,
  log,
  signal,
  intervalMs = INTERVAL_MS,
}: WatchClockOptions): Promise<void> {
  let wrong = false;
  while (!signal.aborted) {
    const error = await clockError(gateways);
    if (error !== undefined && !wrong) log.error({ code: error.code, ...error.details }, error.message);
    if (error === undefined && wrong) log.info({}, 'the clock is right again');
    wrong = error !== undefined;
    await pause(intervalMs, signal);
  }
}
