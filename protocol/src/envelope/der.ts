// The few bytes of DER (X.690) that Node's certificate class does not open: the value of one extension.
// OpenSSL has parsed what comes here, but takes BER too: lengths of indefinite form or beyond their parent are refused here,
// lest the two read different extensions.

import { MusterError } from '../errors.ts';

const SEQUENCE = 0x30;
const EXTENSIONS = 0xa3;
const OID = 0x06;
const OCTETS = 0x04;

interface Element {
  readonly tag: number;
  readonly body: Buffer;
}

function refuse(): never {
  throw new MusterError('ERR_CERTIFICATE_MALFORMED', { reason: 'its lengths are not those of DER' });
}

/** Where the body of the element at a position starts and ends (X.690, section 8.1.3, definite forms only). */
function extent(bytes: Buffer, at: number): [start: number, end: number] {
  const first = bytes[at + 1] ?? refuse();
  const more = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + more;
  // no certificate is larger than four bytes of length can say; none at all is the indefinite form
  if (first === 0x80 || more > 4 || start > bytes.length) refuse();
  const end = start + (more === 0 ? first : bytes.readUIntBE(at + 2, more));
  return end > bytes.length ? refuse() : [start, end];
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const [start, end] = extent(bytes, at);
    found.push({ tag: bytes.readUInt8(at), body: bytes.subarray(start, end) });
    at = end;
  }
  return found;
}

function encodeOid(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const septets = rest.flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high >>= 7) digits.unshift((high & 0x7f) | 0x80);
    return digits;
  });
  return Buffer.from([first * 40 + second, ...septets]);
}

/**
 * The octets of a certificate's extension, or undefined where it has none of that OID (RFC 5280, section 4.1).
 * @throws ERR_CERTIFICATE_MALFORMED
 */
export function extensionValue(certificate: Buffer, oid: string): Buffer | undefined {
  const wanted = encodeOid(oid);
  const tbs = elements(certificate)
    .flatMap((outer) => elements(outer.body))
    .find((part) => part.tag === SEQUENCE);
  const wrapper = tbs && elements(tbs.body).find((part) => part.tag === EXTENSIONS);
  const extensions = wrapper ? elements(wrapper.body).flatMap((list) => elements(list.body)) : [];
  for (const extension of extensions) {
    const parts = elements(extension.body);
    if (parts.some((part) => part.tag === OID && part.body.equals(wanted))) {
      return parts.find((part) => part.tag === OCTETS)?.body;
    }
  }
  return undefined;
}
