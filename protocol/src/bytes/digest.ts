// SHA-256 digests and how they are written: `sha256:<hex>` for people and records, base64url inside JWS.

import { createHash, hash as oneShot } from 'node:crypto';
import { MusterError } from '../errors.ts';

/** A digest as text: `sha256:` and 64 lower-case hex digits. */
export type Digest = string;

export const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/;

/** The 32 bytes of SHA-256 over the concatenation of the parts. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const [only] = parts;
  // in one call: of a short text, most of the time of a hash object is the object
  if (parts.length === 1) return oneShot('sha256', only as Uint8Array | string, 'buffer');
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** `sha256:<hex>` of the bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${sha256(bytes).toString('hex')}`;
}

/**
 * The 32 bytes behind a digest's text.
 * @throws ERR_DIGEST_INVALID
 */
export function digestBytes(digest: string): Buffer {
  if (!DIGEST_PATTERN.test(digest)) throw new MusterError('ERR_DIGEST_INVALID', { digest: digest.slice(0, 80) });
  return Buffer.from(digest.slice('sha256:'.length), 'hex');
}

/** Base64url without padding (RFC 7515, section 2). */
export function base64url(bytes: Uint8Array | string): string {
  const buffer =
    typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('base64url');
}
