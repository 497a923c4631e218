// Tests of keys, signing requests, tokens and keystores. What a real CA makes of them is in test/network.
import 'reflect-metadata';
import { createPublicKey, createVerify, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAuthorisationToken } from './authorisation-token.ts';
import { keystorePaths, readKeystore, writePrivately } from './keystore.ts';
import { createKey, createSigningRequest } from './signing-request.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function selfSigned(key = createKey()): Promise<string> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    keys: {
      privateKey: key.toCryptoKey(ALGORITHM, true, ['sign']),
      publicKey: createPublicKey(key).toCryptoKey(ALGORITHM, true, ['verify']),
    },
    signingAlgorithm: ALGORITHM,
  });
  return certificate.toString('pem');
}

describe('a signing request', () => {
  test('proves possession of the key and carries the names asked for', async () => {
    const request = new Pkcs10CertificateRequest(
      await createSigningRequest(createKey(), 'peer', ['localhost', '127.0.0.1']),
    );
    expect(await request.verify()).toBe(true);
    expect(request.subject).toBe('CN=peer');
    const names = new SubjectAlternativeNameExtension(request.getExtension('2.5.29.17')!.rawData).names;
    expect(names.toJSON()).toEqual([
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]);
  });

  test('of an identity has no alternative names', async () => {
    const request = new Pkcs10CertificateRequest(await createSigningRequest(createKey(), 'officer'));
    expect(request.extensions).toEqual([]);
  });
});

describe('an authorisation token', () => {
  test('verifies over method, address, body and certificate, always with a low s', async () => {
    const privateKey = createKey();
    const certificatePem = await selfSigned(privateKey);
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const half = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n / 2n;
    for (let repeat = 0; repeat < 20; repeat += 1) {
      const token = createAuthorisationToken({ privateKey, certificatePem }, 'POST', '/api/v1/register', '{}');
      const [certificate, signature] = token.split('.') as [string, string];
      expect(certificate).toBe(base64(certificatePem));
      const payload = `POST.${base64('/api/v1/register')}.${base64('{}')}.${certificate}`;
      const der = Buffer.from(signature, 'base64');
      expect(createVerify('sha256').update(payload).verify(createPublicKey(privateKey), der)).toBe(true);
      const s = der.subarray(4 + der[3]! + 2);
      expect(BigInt(`0x${s.toString('hex')}`) <= half).toBe(true);
    }
  });
});

describe('a keystore', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-keystore-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function fill(key = createKey(), certificate?: string): Promise<void> {
    const paths = keystorePaths(folder);
    await writePrivately(paths.key, key.export({ format: 'pem', type: 'pkcs8' }));
    await writePrivately(paths.certificate, certificate ?? (await selfSigned(key)), 0o644);
    await writePrivately(paths.ca, 'a root', 0o644);
  }

  test('keeps the key to its owner and leaves no temporary file', async () => {
    await fill();
    expect((await stat(keystorePaths(folder).key)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['ca.pem', 'certificate.pem', 'key.pem']);
  });

  test('is read with its certificate', async () => {
    await fill();
    const { certificatePem, caPem } = await readKeystore(folder);
    expect(new X509Certificate(certificatePem).subject).toBe('CN=test');
    expect(caPem).toBe('a root');
  });

  test('without one of its files is refused by the name of the file', async () => {
    await expect(readKeystore(folder)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_MISSING' });
  });

  test('whose certificate is for another key is refused', async () => {
    await fill(createKey(), await selfSigned());
    await expect(readKeystore(folder)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_INVALID' });
  });

  test('whose key is not PEM is refused', async () => {
    await fill();
    await writeFile(keystorePaths(folder).key, 'nonsense');
    await expect(readKeystore(folder)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_INVALID' });
  });
});
