// Checkpoints: what an organisation's gateway saw of the ledger at a height, signed. Two different ones at one height are the
// evidence of a fork, or of a lie; an act on a forked ledger could tell nothing to the other fork, so they travel beside it.

import { sign, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalise } from '../bytes/canonical.ts';
import { base64url } from '../bytes/digest.ts';
import { MusterError } from '../errors.ts';
import { digestSchema } from '../job/terms.ts';
import { nameSchema } from './names.ts';
import { parse } from '../parse.ts';
import { readCertificate, verifyIssued } from './certificate.ts';
import { verifySignature, type Envelope } from './envelope.ts';

const TYPE = 'muster.checkpoint';
const TEXT_MAX = 4096;

export const checkpointSchema = z.strictObject({
  v: z.literal(1),
  organisation: nameSchema,
  channel: z.string().min(1).max(249),
  /** number of the block */
  block: z.int().min(0),
  /** digest of its header */
  hash: digestSchema,
  /** Fabric's running digest of all state after it */
  commitHash: digestSchema,
  /** when it was stated, milliseconds since 1970, by the signer's clock */
  iat: z.int().min(0),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** A checkpoint with what it takes to verify it. */
export interface SignedCheckpoint {
  /** compact JWS, ES256 */
  readonly envelope: string;
  /** PEM */
  readonly certificate: string;
}

const headOf = (thumbprint: string): string => canonicalise({ alg: 'ES256', typ: TYPE, 'x5t#S256': thumbprint });

const inputOf = (thumbprint: string, checkpoint: Checkpoint): string =>
  `${base64url(headOf(thumbprint))}.${base64url(canonicalise(checkpoint))}`;

/** Signs a checkpoint. @param certificate PEM, of the key */
export function sealCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject, certificate: string): SignedCheckpoint {
  const input = inputOf(readCertificate(certificate).thumbprint, checkpoint);
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { envelope: `${input}.${base64url(signature)}`, certificate };
}

function readPayload(envelope: string): unknown {
  try {
    return JSON.parse(Buffer.from(envelope.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch (cause) {
    throw new MusterError('ERR_ENVELOPE_MALFORMED', { reason: 'payload is not JSON' }, { cause });
  }
}

/**
 * Verifies a checkpoint: its one encoding, its signature, and that its organisation's root issued the relay's certificate.
 * @param roots PEM, that the organisation pinned on the ledger
 * @throws ERR_ENVELOPE_TOO_LARGE, ERR_ENVELOPE_MALFORMED, ERR_DOCUMENT_INVALID, ERR_CERTIFICATE_MALFORMED,
 *   ERR_CERTIFICATE_UNTRUSTED, ERR_ROLE_FORBIDDEN, ERR_SIGNATURE_INVALID
 */
export function openCheckpoint({ envelope, certificate }: SignedCheckpoint, roots: readonly string[]): Checkpoint {
  if (envelope.length > TEXT_MAX) {
    throw new MusterError('ERR_ENVELOPE_TOO_LARGE', { bytes: envelope.length, limit: TEXT_MAX });
  }
  const checkpoint = parse('checkpoint', checkpointSchema, readPayload(envelope));
  const holder = readCertificate(certificate);
  const { role } = holder;
  if (role !== 'relay') throw new MusterError('ERR_ROLE_FORBIDDEN', { role, allowed: ['relay'], act: 'checkpoint' });
  verifyIssued(holder, checkpoint.organisation, roots);
  const signingInput = inputOf(holder.thumbprint, checkpoint);
  const signature = Buffer.from(envelope.slice(signingInput.length + 1), 'base64url');
  // made anew and compared: there is one text of a statement, a certificate and a signature
  if (envelope !== `${signingInput}.${base64url(signature)}` || signature.length !== 64) {
    throw new MusterError('ERR_ENVELOPE_MALFORMED', { reason: 'not the one form of a checkpoint by this certificate' });
  }
  const parts = { act: 'round.close', certificate: holder.thumbprint, jti: '', statement: {} } as const;
  verifySignature({ ...parts, signingInput, signature } satisfies Envelope, holder.publicKey);
  return checkpoint;
}
