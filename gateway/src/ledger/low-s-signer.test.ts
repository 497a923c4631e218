// The gateway's own signatures: OpenSSL verifies them, and their s is the lower of the two.

import { generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { lowSSigner } from './low-s-signer.ts';

/** Half the order of P-256. */
const HALF = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;

/** The second of the two integers of a DER sequence. */
function secondOf(der: Uint8Array): bigint {
  const second = 4 + der[3]!;
  return BigInt(`0x${Buffer.from(der.subarray(second + 2)).toString('hex')}`);
}

test('every signature verifies, and Fabric takes its form', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sign = lowSSigner(privateKey);
  // half of them would come out high by chance: that none of 64 does so unlowered has odds of 2^-64
  for (let i = 0; i < 64; i++) {
    const message = Buffer.from(`proposal ${i}`);
    const signature = await sign(message);
    expect(verify('sha256', message, publicKey, signature)).toBe(true);
    expect(secondOf(signature) <= HALF).toBe(true);
  }
});
