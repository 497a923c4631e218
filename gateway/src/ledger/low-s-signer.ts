// The gateway's own signature under proposals and transactions: ECDSA on P-256 by OpenSSL, at a thirtieth of the time that
// fabric-gateway's own signer takes in JavaScript.

import { sign, type KeyObject } from 'node:crypto';
import type { Signer } from '@hyperledger/fabric-gateway';
import { derSignature } from '@muster/protocol';

/** Order of P-256 (SEC 2, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF_BYTES = 32;

/** Of the two s that verify Fabric takes the lower only, so that a signature has one form. */
function lowered(s: Buffer): Buffer {
  const number = BigInt(`0x${s.toString('hex')}`);
  return number <= ORDER / 2n ? s : Buffer.from((ORDER - number).toString(16).padStart(2 * HALF_BYTES, '0'), 'hex');
}

/** Signs whole messages: to be used with fabric-gateway's `hash.none`. @param privateKey on P-256 */
export function lowSSigner(privateKey: KeyObject): Signer {
  return (message) => {
    const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const [r, s] = [signature.subarray(0, HALF_BYTES), signature.subarray(HALF_BYTES)];
    return Promise.resolve(derSignature(Buffer.concat([r, lowered(s)])));
  };
}
