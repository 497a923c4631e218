// ECDSA signatures as Fabric takes them: P-256, SHA-256, DER, and the lower of the two values s may have (bccsp/sw/ecdsa.go).

import { verify, type KeyObject } from 'node:crypto';
import { LOW_S_MAX } from '@muster/protocol';

/** The integer s of SEQUENCE { r, s }; undefined where the bytes are no such DER. */
function readS(signature: Uint8Array): bigint | undefined {
  const bytes = Buffer.from(signature);
  if (bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2 || bytes[2] !== 0x02) return undefined;
  const second = 4 + (bytes[3] ?? 0);
  if (bytes[second] !== 0x02 || bytes[second + 1] !== bytes.length - second - 2) return undefined;
  return BigInt(`0x${bytes.subarray(second + 2).toString('hex')}`);
}

/** Whether a signature holds and is the one of its two forms that Fabric accepts. */
export function isSigned(key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  const s = readS(signature);
  return s !== undefined && s <= LOW_S_MAX && verify('sha256', signed, key, signature);
}
