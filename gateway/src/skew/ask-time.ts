// What time it is elsewhere: the Date of another gateway's answer. Its certificate must be the right one; whether it is valid
// now is not asked, since a wrong clock cannot tell.

import type { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { isServerOf, skewOf } from '@muster/protocol';

const PATIENCE_MS = 3_000;

/** What an answer's socket is, since it came over TLS. */
interface Secured {
  getPeerX509Certificate(): X509Certificate | undefined;
}

/**
 * How far the own clock is ahead of a gateway's, milliseconds.
 * @param root PEM of the authority behind its TLS certificate
 * @throws Error where it does not answer, or is somebody else
 */
export function askSkew(url: string, root: string): Promise<number> {
  const { hostname } = new URL(url);
  return new Promise((resolve, reject) => {
    const sentAt = Date.now();
    const options = { method: 'HEAD', agent: false, rejectUnauthorized: false, timeout: PATIENCE_MS } as const;
    const sent = request(new URL('/livez', url), options, (response) => {
      const certificate = (response.socket as unknown as Secured).getPeerX509Certificate();
      const skew = skewOf(sentAt, Date.now(), response.headers.date);
      response.resume();
      if (certificate === undefined || !isServerOf(certificate, root, hostname)) {
        reject(new Error(`${url} has another's certificate`));
      } else if (skew === undefined) {
        reject(new Error(`${url} tells no time`));
      } else {
        resolve(skew);
      }
    });
    sent.once('timeout', () => sent.destroy(new Error(`${url} did not answer in time`)));
    sent.once('error', reject);
    sent.end();
  });
}
