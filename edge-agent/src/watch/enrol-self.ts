// Before anything else a device puts its own certificate on the ledger.

import { isMusterError } from '@muster/protocol';
import { createBackoff, isRetryable, type Gateway, type Member } from '../client/index.ts';
import { enrolCertificate } from '../job/index.ts';
import type { Log } from './log.ts';

/**
 * Enrols the member's certificate, patiently: its organisation may not be registered yet, its gateway not be up.
 * @throws MusterError of any other refusal
 */
export async function enrolSelf(gateway: Gateway, member: Member, log: Log, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(250, 5000);
  while (!signal.aborted) {
    try {
      const receipt = await enrolCertificate(gateway, member, { signal });
      log.info({ certificate: member.certificate.thumbprint, transaction: receipt.transaction }, 'enrolled');
      return;
    } catch (error) {
      const wait = isRetryable(error) || isMusterError(error, 'ERR_ORGANISATION_UNKNOWN');
      if (!isMusterError(error) || !wait) throw error;
      log.warn({ code: error.code, reason: error.message }, 'not enrolled yet');
      await backoff.wait(signal);
    }
  }
}
