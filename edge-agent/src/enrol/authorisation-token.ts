// The token by which a Fabric CA knows an enrolled caller (fabric-ca util.GenECDSAToken, since 1.4):
// base64(certificate) "." base64(ECDSA over "METHOD.base64(uri).base64(body).base64(certificate)").
import type { KeyObject } from 'node:crypto';
import { signLowS } from '@muster/protocol';

/** Whoever signs a request: a certificate and the handle of its key. */
export interface Signatory {
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
}

export function createAuthorisationToken(signatory: Signatory, method: string, uri: string, body: string): string {
  const certificate = base64(signatory.certificatePem);
  const payload = `${method}.${base64(uri)}.${base64(body)}.${certificate}`;
  const signature = Buffer.from(signLowS(signatory.privateKey, Buffer.from(payload)));
  return `${certificate}.${signature.toString('base64')}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
