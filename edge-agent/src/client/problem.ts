// Problem documents (RFC 9457) back to the error they tell of.

import { MusterError, readJson, readReport, type ErrorReport } from '@muster/protocol';

function parseBody(body: Uint8Array): unknown {
  try {
    return readJson(body);
  } catch {
    return undefined; // whatever stands between us and the gateway may answer in HTML
  }
}

/** The error behind an answer of 400 or more; one that is not of a gateway's making is a gateway that is not there. */
export function fromProblem(url: string, status: number, body: Uint8Array): MusterError {
  const error = readReport(parseBody(body));
  if (error !== undefined) return error;
  return new MusterError('ERR_GATEWAY_UNREACHABLE', { url, reason: `answered ${status} without a problem document` });
}

/** The error behind a refusal that a gateway reports; what no version of ours would report is a gateway that is not there. */
export function fromRefusal(told: ErrorReport): MusterError {
  const reason = 'reports a refusal that cannot be read';
  return readReport(told) ?? new MusterError('ERR_GATEWAY_UNREACHABLE', { url: 'that answered', reason });
}
