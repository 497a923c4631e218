// How far a clock is off, told by other parties' answers: the Date of an HTTP answer beside one's own time (RFC 9110, 6.6.1;
// Cristian, "Probabilistic clock synchronization", 1989: the server's time lies half-way between question and answer).

import { X509Certificate } from 'node:crypto';
import { MusterError } from './errors.ts';

/** How far a proposal's time may be from a peer's clock (Fabric: peer.authentication.timewindow); beyond it nothing works. */
export const CLOCK_LIMIT_MS = 60_000;

/** An answer's Date has whole seconds; on average half of one has passed. */
const HALF_SECOND_MS = 500;

/**
 * How far the own clock is ahead of an answer's, milliseconds; negative where it is behind.
 * @param sentAt own clock when the question left, milliseconds since 1970
 * @param receivedAt own clock when the answer came
 * @param date the answer's Date header
 * @returns undefined where the answer has no date
 */
export function skewOf(sentAt: number, receivedAt: number, date: string | undefined): number | undefined {
  const told = date === undefined ? NaN : Date.parse(date);
  return Number.isNaN(told) ? undefined : (sentAt + receivedAt) / 2 - (told + HALF_SECOND_MS);
}

/** An answer over TLS to somebody who asked for the time. */
export interface TimedAnswer {
  /** where it was asked */
  readonly url: string;
  /** PEM of the authority that must have issued the answerer's certificate */
  readonly root: string;
  readonly certificate: X509Certificate | undefined;
  /** the answer's Date header */
  readonly date: string | undefined;
  /** own clock, milliseconds since 1970 */
  readonly sentAt: number;
  readonly receivedAt: number;
}

/**
 * How far the own clock is ahead of an answerer's, milliseconds. Whether its certificate is valid now is not asked, since a wrong
 * clock cannot tell.
 * @throws Error where it is somebody else, or tells no time
 */
export function skewOfAnswer({ url, root, certificate, date, sentAt, receivedAt }: TimedAnswer): number {
  if (certificate === undefined || !isServerOf(certificate, root, new URL(url).hostname)) {
    throw new Error(`${url} has another's certificate`);
  }
  const skew = skewOf(sentAt, receivedAt, date);
  if (skew === undefined) throw new Error(`${url} tells no time`);
  return skew;
}

/**
 * The skew that more than half of all who could be asked confirm: so many cannot all be the liars.
 * @param skews of those who answered, milliseconds
 * @param all how many could be asked
 * @returns the smallest that was told, undefined where no such majority says more than the limit, to one side
 */
export function agreedSkew(skews: readonly number[], all: number, limitMs = CLOCK_LIMIT_MS): number | undefined {
  for (const side of [1, -1]) {
    const beyond = skews.map((skew) => skew * side).filter((skew) => skew > limitMs);
    if (beyond.length * 2 > all) return side * Math.min(...beyond);
  }
  return undefined;
}

/**
 * The error that names a skew.
 * @param skewMs of the own clock, ahead or (negative) behind
 * @param of whose clocks it was compared with
 */
export function clockSkewed(skewMs: number, of: string, limitMs = CLOCK_LIMIT_MS): MusterError<'ERR_CLOCK_SKEWED'> {
  return new MusterError('ERR_CLOCK_SKEWED', { seconds: Math.round(skewMs / 1000), limit: limitMs / 1000, of });
}

/**
 * Whether a server's certificate is what its host's should be in all but its time, which a wrong clock cannot judge.
 * @param root PEM of the authority that must have issued it
 */
export function isServerOf(certificate: X509Certificate, root: string, host: string): boolean {
  const authority = new X509Certificate(root);
  const isAddress = /^[\d.]+$|:/.test(host);
  const named = isAddress ? certificate.checkIP(host.replace(/[[\]]/g, '')) : certificate.checkHost(host);
  return named !== undefined && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
