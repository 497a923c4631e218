// Tests of checkpoints: one form, one signer, or a refusal.

import { describe, expect, test } from '@jest/globals';
import { createTestCa } from '../../../test/support/test-ca.ts';
import { digestOf } from '../bytes/digest.ts';
import { openCheckpoint, sealCheckpoint, type Checkpoint } from './checkpoint.ts';

const ca = await createTestCa('navy');
const relay = await ca.issue({ name: 'relay', role: 'relay' });
const officer = await ca.issue({ name: 'officer', role: 'officer' });
const other = await createTestCa('army');

const checkpoint: Checkpoint = {
  v: 1,
  organisation: 'navy',
  channel: 'muster',
  block: 40,
  hash: digestOf('header'),
  commitHash: digestOf('state'),
  iat: 1,
};
const sealed = sealCheckpoint(checkpoint, relay.signer.privateKey, relay.certificate);

test('a checkpoint is what was signed', () => {
  expect(openCheckpoint(sealed, [ca.root])).toEqual(checkpoint);
});

describe('a checkpoint is refused', () => {
  const [head = '', payload = '', signature = ''] = sealed.envelope.split('.');
  const with_ = (envelope: string): { envelope: string; certificate: string } => ({ ...sealed, envelope });
  const changed = Buffer.from(JSON.stringify({ ...checkpoint, block: 41 })).toString('base64url');

  test.each([
    ['of another statement', with_(`${head}.${changed}.${signature}`), [ca.root], 'ERR_ENVELOPE_MALFORMED'],
    [
      'with another signature',
      with_(`${head}.${payload}.${Buffer.alloc(64, 1).toString('base64url')}`),
      [ca.root],
      'ERR_SIGNATURE_INVALID',
    ],
    ['with a signature of another length', with_(`${head}.${payload}.AAAA`), [ca.root], 'ERR_ENVELOPE_MALFORMED'],
    ['without payload', with_('nothing'), [ca.root], 'ERR_ENVELOPE_MALFORMED'],
    ['of another schema', with_(`${head}.e30.${signature}`), [ca.root], 'ERR_DOCUMENT_INVALID'],
    ['that is too large', with_('a'.repeat(5000)), [ca.root], 'ERR_ENVELOPE_TOO_LARGE'],
    ['under another organisation’s root', sealed, [other.root], 'ERR_CERTIFICATE_UNTRUSTED'],
    [
      'by another role',
      sealCheckpoint(checkpoint, officer.signer.privateKey, officer.certificate),
      [ca.root],
      'ERR_ROLE_FORBIDDEN',
    ],
  ])('%s', (_title, signed, roots, code) => {
    expect(() => openCheckpoint(signed, roots)).toThrow(expect.objectContaining({ code }));
  });
});
