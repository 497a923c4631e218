// A certificate authority for tests: real X.509 certificates as a Fabric CA issues them, made in the process.

import 'reflect-metadata';
import { createPrivateKey, KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { thumbprint } from '../../protocol/src/envelope/certificate.ts';
import type { Signer } from '../../protocol/src/envelope/envelope.ts';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Fabric CA's attribute extension; its value is the raw JSON, not a nested ASN.1 string. */
export const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';
const FROM = Date.UTC(2026, 0, 1);
const UNTIL = Date.UTC(2027, 0, 1);

/** Who is to be certified; what is left out is what a valid certificate has. */
export interface Subject {
  readonly name: string;
  readonly role?: string;
  readonly unit?: string;
  /** names of data sets, with commas between them */
  readonly data?: string;
  readonly platform?: string;
  /** the attribute extension's text in place of the one made of role and unit; null for none */
  readonly attributes?: string | null;
  /** the whole distinguished name in place of `CN=<name>` */
  readonly subject?: string;
  readonly curve?: 'P-256' | 'P-384';
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** A certificate with its key. */
export interface TestIdentity {
  readonly organisation: string;
  readonly name: string;
  /** `<organisation>/<name>` */
  readonly by: string;
  /** PEM */
  readonly certificate: string;
  readonly privateKey: KeyObject;
  readonly signer: Signer;
}

/** An organisation's authority. */
export interface TestCa {
  readonly organisation: string;
  /** the self-signed root, PEM */
  readonly root: string;
  issue(subject: Subject): Promise<TestIdentity>;
}

async function generate(namedCurve = 'P-256'): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify']);
}

function attributeExtensions({ role, unit, data, platform, attributes }: Subject): x509.Extension[] {
  if (attributes === null) return [];
  const attrs = {
    ...(role === undefined ? {} : { 'muster.role': role }),
    ...(unit === undefined ? {} : { 'muster.unit': unit }),
    ...(data === undefined ? {} : { 'muster.data': data }),
    ...(platform === undefined ? {} : { 'muster.platform': platform }),
  };
  return [new x509.Extension(ATTRIBUTES_OID, false, Buffer.from(attributes ?? JSON.stringify({ attrs })))];
}

/** Makes an authority with a fresh root. */
export async function createTestCa(organisation: string): Promise<TestCa> {
  const rootKeys = await generate();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=ca.${organisation}`,
    keys: rootKeys,
    notBefore: new Date(FROM),
    notAfter: new Date(UNTIL),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      // Fabric takes no authority without one
      await x509.SubjectKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  return authority(organisation, root, rootKeys.privateKey);
}

/** The authority behind a root whose key a test holds, as whoever runs an organisation's CA does. */
export async function caOf(organisation: string, root: string, privateKey: string): Promise<TestCa> {
  const key = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
  const rootKey = await webcrypto.subtle.importKey('pkcs8', key, ALGORITHM, false, ['sign']);
  return authority(organisation, new x509.X509Certificate(root), rootKey);
}

function authority(organisation: string, root: x509.X509Certificate, rootKey: webcrypto.CryptoKey): TestCa {
  const issue = async (subject: Subject): Promise<TestIdentity> => {
    const keys = await generate(subject.curve);
    const made = await x509.X509CertificateGenerator.create({
      subject: subject.subject ?? `CN=${subject.name}`,
      issuer: root.subject,
      publicKey: keys.publicKey,
      signingKey: rootKey,
      notBefore: new Date(subject.notBefore ?? FROM),
      notAfter: new Date(subject.notAfter ?? UNTIL),
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true), ...attributeExtensions(subject)],
    });
    const certificate = made.toString('pem');
    const privateKey = KeyObject.from(keys.privateKey);
    return {
      organisation,
      name: subject.name,
      by: `${organisation}/${subject.name}`,
      certificate,
      privateKey,
      signer: { certificate: thumbprint(new X509Certificate(certificate)), privateKey },
    };
  };
  return { organisation, root: root.toString('pem'), issue };
}
