// What time it is at a gateway: the Date of its answer. Its certificate must be the right one; whether it is valid
// now is not asked, since a wrong clock cannot tell.

import type { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { skewOfAnswer } from '@muster/protocol';

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
  return new Promise((resolve, reject) => {
    const sentAt = Date.now();
    const options = { method: 'HEAD', agent: false, rejectUnauthorized: false, timeout: PATIENCE_MS } as const;
    const sent = request(new URL('/livez', url), options, (response) => {
      response.resume();
      const certificate = (response.socket as unknown as Secured).getPeerX509Certificate();
      const { date } = response.headers;
      try {
        resolve(skewOfAnswer({ url, root, certificate, date, sentAt, receivedAt: Date.now() }));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    sent.once('timeout', () => sent.destroy(new Error(`${url} did not answer in time`)));
    sent.once('error', reject);
    sent.end();
  });
}
