// Problem documents (RFC 9457) back to the error they tell of.

import { fromReport, MusterError, type ErrorReport, catalogue } from '@muster/protocol';

function isReport(value: unknown): value is ErrorReport {
  if (typeof value !== 'object' || value === null) return false;
  const { code, details } = value as Partial<Record<string, unknown>>;
  return typeof code === 'string' && Object.hasOwn(catalogue, code) && typeof details === 'object' && details !== null;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined; // whatever stands between us and the gateway may answer in HTML
  }
}

/** The error behind an answer of 400 or more; one that is not of a gateway's making is a gateway that is not there. */
export function fromProblem(url: string, status: number, body: Uint8Array): MusterError {
  const document = parseJson(body);
  if (isReport(document)) return fromReport({ code: document.code, details: document.details });
  return new MusterError('ERR_GATEWAY_UNREACHABLE', { url, reason: `answered ${status} without a problem document` });
}
