// Signatures as Fabric takes them: OpenSSL verifies them, and their s is the lower of the two.

import { generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { LOW_S_MAX, signLowS } from './ecdsa.ts';

/** The second of the two integers of a DER sequence. */
function secondOf(der: Uint8Array): bigint {
  const second = 4 + der[3]!;
  return BigInt(`0x${Buffer.from(der.subarray(second + 2)).toString('hex')}`);
}

test('every signature verifies, and Fabric takes its form', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // half of them would come out high by chance: that none of 64 does so unlowered has odds of 2^-64
  for (let i = 0; i < 64; i++) {
    const message = Buffer.from(`proposal ${i}`);
    const signature = signLowS(privateKey, message);
    expect(verify('sha256', message, publicKey, signature)).toBe(true);
    expect(secondOf(signature) <= LOW_S_MAX).toBe(true);
  }
});
