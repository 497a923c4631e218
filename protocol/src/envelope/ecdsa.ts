// ECDSA on P-256 as Fabric and OpenSSL have it: DER, and of the two s that verify the lower only, so that a signature has one form.

import { sign, type KeyObject } from 'node:crypto';

/** r ‖ s, as JOSE has it (RFC 7518, section 3.4). */
export const SIGNATURE_BYTES = 64;
const HALF_BYTES = SIGNATURE_BYTES / 2;

/** Order of P-256 (SEC 2, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** The highest s that Fabric takes (bccsp/sw/ecdsa.go). */
export const LOW_S_MAX = ORDER / 2n;

/** Writes an unsigned number as a DER INTEGER: without leading zeros, but one where it would look negative. @returns its end */
function writeDerInteger(number: Uint8Array, into: Uint8Array, at: number): number {
  let from = 0;
  while (from < number.length - 1 && number[from] === 0) from++;
  const sign = (number[from] as number) >= 0x80 ? 1 : 0;
  const length = number.length - from + sign;
  into[at] = 0x02;
  into[at + 1] = length;
  into.set(number.subarray(from), at + 2 + sign);
  return at + 2 + length;
}

/** r ‖ s as the DER sequence of RFC 3279, section 2.2.3: OpenSSL's own form, verified in two thirds of the time. */
export function derSignature(signature: Uint8Array): Uint8Array {
  // a sequence of two integers, each with type, length and at most one byte of sign
  const der = new Uint8Array(2 + 2 * (3 + HALF_BYTES));
  const middle = writeDerInteger(signature.subarray(0, HALF_BYTES), der, 2);
  const end = writeDerInteger(signature.subarray(HALF_BYTES), der, middle);
  der[0] = 0x30;
  der[1] = end - 2;
  return der.subarray(0, end);
}

function lowered(s: Buffer): Buffer {
  const number = BigInt(`0x${s.toString('hex')}`);
  return number <= LOW_S_MAX ? s : Buffer.from((ORDER - number).toString(16).padStart(2 * HALF_BYTES, '0'), 'hex');
}

/** Signs a message with SHA-256 as Fabric asks for it: DER with the lower s. @param privateKey on P-256 */
export function signLowS(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const [r, s] = [signature.subarray(0, HALF_BYTES), signature.subarray(HALF_BYTES)];
  return derSignature(Buffer.concat([r, lowered(s)]));
}
