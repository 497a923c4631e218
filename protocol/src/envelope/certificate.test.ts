// Certificates: what is read of real X.509, and what is refused.

import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createTestCa, type Subject, type TestCa } from '../../../test/support/test-ca.ts';
import { refusal } from '../../../test/support/refusal.ts';
import { readCertificate, readRoot, verifyIssued, verifyValidity, thumbprint } from './certificate.ts';
import { extensionValue } from './der.ts';

const AT = Date.UTC(2026, 5, 1);
let ca: TestCa;
let other: TestCa;
beforeAll(async () => {
  ca = await createTestCa('navy');
  other = await createTestCa('navy');
});

describe('an enrolment certificate', () => {
  test('gives name, role, unit, key and validity', async () => {
    const { certificate, signer } = await ca.issue({ name: 'frigate-1', role: 'agent', unit: 'fleet', notAfter: AT });
    const read = readCertificate(certificate);
    expect(read).toMatchObject({ name: 'frigate-1', role: 'agent', unit: 'fleet', notAfter: AT });
    expect(read.thumbprint).toBe(signer.certificate);
    expect(read.thumbprint).toBe(thumbprint(read.x509));
    expect(read.notBefore).toBe(Date.UTC(2026, 0, 1));
    expect(Buffer.from(read.publicKey, 'base64')).toHaveLength(91);
  });

  test('has no unit unless it names one', async () => {
    const { certificate } = await ca.issue({ name: 'frigate-1', role: 'agent' });
    expect(readCertificate(certificate).unit).toBe('');
  });

  test('names data sets and a platform where its organisation vouches for any', async () => {
    const { certificate } = await ca.issue({ name: 'a', role: 'agent', data: 'sonar,maps', platform: 'linux-arm64' });
    expect(readCertificate(certificate)).toMatchObject({ dataSets: ['sonar', 'maps'], platform: 'linux-arm64' });
    const { certificate: plain } = await ca.issue({ name: 'b', role: 'agent' });
    expect(readCertificate(plain)).not.toHaveProperty('dataSets');
    expect(readCertificate(plain)).not.toHaveProperty('platform');
  });

  const refused: [string, Subject, string][] = [
    ['a key on another curve', { name: 'a', role: 'agent', curve: 'P-384' }, 'P-256'],
    ['no attribute extension', { name: 'a', attributes: null }, 'no attribute extension'],
    ['attributes that are not JSON', { name: 'a', attributes: '{attrs' }, 'not JSON'],
    ['attributes that are null', { name: 'a', attributes: 'null' }, 'not JSON'],
    ['no attributes', { name: 'a', attributes: '{}' }, 'muster.role'],
    ['no role', { name: 'a' }, 'muster.role'],
    ['a role that does not exist', { name: 'a', role: 'admiral' }, 'muster.role'],
    ['a unit that is not text', { name: 'a', attributes: '{"attrs":{"muster.role":"agent","muster.unit":1}}' }, 'unit'],
    ['no data set where it names some', { name: 'a', role: 'agent', data: '' }, 'muster.data'],
    ['a data set twice', { name: 'a', role: 'agent', data: 'maps,maps' }, 'muster.data'],
    ['a data set of another form', { name: 'a', role: 'agent', data: 'maps,Sonar' }, 'muster.data'],
    ['more than 16 data sets', { name: 'a', role: 'agent', data: 'a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q' }, 'muster.data'],
    [
      'data sets that are not text',
      { name: 'a', attributes: '{"attrs":{"muster.role":"agent","muster.data":["maps"]}}' },
      'muster.data',
    ],
    ['a platform of another form', { name: 'a', role: 'agent', platform: 'Linux 6' }, 'muster.platform'],
    [
      'a platform that is not text',
      { name: 'a', attributes: '{"attrs":{"muster.role":"agent","muster.platform":64}}' },
      'muster.platform',
    ],
    ['an upper case name', { name: 'Frigate', role: 'agent' }, 'common name'],
    ['no name', { name: 'a', role: 'agent', subject: 'O=navy' }, 'common name'],
    ['two names', { name: 'a', role: 'agent', subject: 'CN=a, CN=b' }, 'common name'],
    ['a name with a new line', { name: 'a', role: 'agent', subject: 'CN=a\\0ACN=b' }, 'common name'],
  ];
  test.each(refused)('is refused with %s', async (_title, subject, reason) => {
    const { certificate } = await ca.issue(subject);
    const { code, message } = refusal(() => readCertificate(certificate));
    expect(code).toBe('ERR_CERTIFICATE_MALFORMED');
    expect(message).toContain(reason);
  });

  test('is refused where it is no certificate at all', () => {
    expect(refusal(() => readCertificate('-----BEGIN CERTIFICATE-----')).code).toBe('ERR_CERTIFICATE_MALFORMED');
  });

  const bent: [string, string, string, string][] = [
    ['a point that is not on the curve', '03420004', '03420005', 'its key cannot be read'],
    ['a curve that it cannot name', '06082a8648ce3d030107', '06082a8648ce3d03010f', 'its key cannot be read'],
    // '270101' with a thirteenth month: OpenSSL keeps the text, and no time would ever be after it
    ['an end that is no time', '170d323730313031', '170d323731333031', 'its validity cannot be read'],
  ];
  test.each(bent)('is refused with %s', async (_title, from, to, reason) => {
    const { certificate } = await ca.issue({ name: 'a', role: 'agent' });
    const { code, details } = refusal(() => readCertificate(bend(certificate, from, to)));
    expect([code, details]).toEqual(['ERR_CERTIFICATE_MALFORMED', { reason }]);
  });

  test('counts from its first to its last millisecond', () => {
    const validity = { notBefore: 10, notAfter: 20 };
    verifyValidity('c', validity, 10);
    verifyValidity('c', validity, 20);
    expect(refusal(() => verifyValidity('c', validity, 9))).toMatchObject({
      code: 'ERR_CERTIFICATE_NOT_YET_VALID',
      details: { notBefore: 10, at: 9 },
    });
    expect(refusal(() => verifyValidity('c', validity, 21))).toMatchObject({
      code: 'ERR_CERTIFICATE_EXPIRED',
      details: { notAfter: 20, at: 21 },
    });
  });

  test('must be issued by a pinned root, not by one of the same name', async () => {
    const certificate = readCertificate((await ca.issue({ name: 'a', role: 'agent' })).certificate);
    verifyIssued(certificate, 'navy', [other.root, ca.root]);
    expect(refusal(() => verifyIssued(certificate, 'navy', [other.root])).code).toBe('ERR_CERTIFICATE_UNTRUSTED');
  });

  test('must be issued by the root directly: a leaf issues nothing', async () => {
    const leaf = await ca.issue({ name: 'a', role: 'agent' });
    expect(refusal(() => readRoot(leaf.certificate)).code).toBe('ERR_CERTIFICATE_MALFORMED');
    expect(readRoot(ca.root).ca).toBe(true);
    expect(refusal(() => readRoot(bend(ca.root, '03420004', '03420005'))).code).toBe('ERR_CERTIFICATE_MALFORMED');
  });
});

describe('an extension', () => {
  test('is found by its object identifier, or not at all', async () => {
    const { certificate } = await ca.issue({ name: 'a', role: 'agent' });
    const { raw } = readCertificate(certificate).x509;
    expect(extensionValue(raw, '1.2.3.4.5.6.7.8.1')?.toString()).toBe('{"attrs":{"muster.role":"agent"}}');
    // an arc above 127 takes several septets: 1.3.6.1.4.1.311 is Microsoft's
    expect(extensionValue(raw, '1.3.6.1.4.1.311')).toBeUndefined();
    expect(extensionValue(Buffer.from('3000', 'hex'), '1.2.3')).toBeUndefined();
    expect(extensionValue(Buffer.from('30023000', 'hex'), '1.2.3')).toBeUndefined();
  });

  test.each([
    ['a length beyond its parent', '300430053000'],
    ['a length of four bytes beyond the file', '3084ffffffff'],
    ['a length of five bytes', '30850000000001ff'],
    ['a length that is cut short', '308200'],
    ['no length', '30'],
    ['the indefinite length of BER', '30803000'],
  ])('is not looked for behind %s', (_title, hex) => {
    expect(refusal(() => extensionValue(Buffer.from(hex, 'hex'), '1.2.3')).code).toBe('ERR_CERTIFICATE_MALFORMED');
  });
});

/** A certificate with some of its bytes changed, in hex; its signature fits no longer. */
function bend(pem: string, from: string, to: string): string {
  const hex = new X509Certificate(pem).raw.toString('hex');
  expect(hex).toContain(from);
  const der = Buffer.from(hex.replace(from, to), 'hex').toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${der.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}
