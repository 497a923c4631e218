// Digests: their text forms.

import { expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { base64url, digestBytes, digestOf, sha256 } from './digest.ts';

// FIPS 180-2, appendix B.1
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('a digest is SHA-256 in lower-case hex', () => {
  expect(digestOf('abc')).toBe(`sha256:${ABC}`);
  expect(sha256('a', Buffer.from('bc')).toString('hex')).toBe(ABC);
  expect(digestBytes(digestOf('abc')).toString('hex')).toBe(ABC);
});

test.each(['', ABC, `sha256:${ABC.toUpperCase()}`, `sha256:${ABC}0`, `sha512:${ABC}`])(
  'digest %p is refused',
  (text) => {
    expect(refusal(() => digestBytes(text)).code).toBe('ERR_DIGEST_INVALID');
  },
);

test('base64url has no padding and no + or / (RFC 7515, appendix C)', () => {
  expect(base64url(Uint8Array.of(3, 236, 255, 224, 193))).toBe('A-z_4ME');
  expect(base64url('abc')).toBe('YWJj');
});
