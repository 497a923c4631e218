// A submission: one envelope on its way to the ledger, and what became of it.

import { openEnvelope, sha256, type Act, type ErrorReport, type Receipt } from '@muster/protocol';

/** What became of an envelope. */
export type Outcome =
  | { readonly status: 'recorded'; readonly receipt: Receipt; readonly result?: Readonly<Record<string, unknown>> }
  | { readonly status: 'refused'; readonly error: ErrorReport };

/** One envelope on its way. */
export interface Submission {
  /** digest of the envelope's text: two envelopes of one statement differ in their signatures, and one may be forged */
  readonly id: string;
  readonly jti: string;
  readonly act: Act;
  /** who states, as claimed */
  readonly by: string;
  readonly envelope: string;
}

/** Checks an envelope's form at the door and makes a submission of it.
 * @throws ERR_ENVELOPE_TOO_LARGE, ERR_ENVELOPE_MALFORMED, ERR_ENVELOPE_TYPE, ERR_ENVELOPE_JTI
 */
export function submissionOf(act: Act, envelope: string): Submission {
  const { jti, statement } = openEnvelope(envelope, act);
  const by = typeof statement.by === 'string' ? statement.by.slice(0, 127) : '';
  return { id: sha256(envelope).toString('base64url'), jti, act, by, envelope };
}
