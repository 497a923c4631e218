// The token by which a Fabric CA knows an enrolled caller (fabric-ca util.GenECDSAToken, since 1.4):
// base64(certificate) "." base64(ECDSA over "METHOD.base64(uri).base64(body).base64(certificate)").
import { type KeyObject, sign } from 'node:crypto';

/** Whoever signs a request: a certificate and the handle of its key. */
export interface Signatory {
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export function createAuthorisationToken(signatory: Signatory, method: string, uri: string, body: string): string {
  const certificate = base64(signatory.certificatePem);
  const payload = `${method}.${base64(uri)}.${base64(body)}.${certificate}`;
  const raw = sign('sha256', Buffer.from(payload), { key: signatory.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${certificate}.${lowSignature(raw).toString('base64')}`;
}

/** Fabric refuses signatures with s in the upper half (malleability), which OpenSSL makes half of the time. */
function lowSignature(raw: Buffer): Buffer {
  const r = BigInt(`0x${raw.subarray(0, 32).toString('hex')}`);
  const s = BigInt(`0x${raw.subarray(32).toString('hex')}`);
  const body = Buffer.concat([derInteger(r), derInteger(s > P256_ORDER / 2n ? P256_ORDER - s : s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
