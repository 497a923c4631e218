// The few bytes of DER (X.690) that Node's certificate class does not open: the value of one extension.
// Only ever fed certificates that OpenSSL has parsed already.

const SEQUENCE = 0x30;
const EXTENSIONS = 0xa3;
const OID = 0x06;
const OCTETS = 0x04;

interface Element {
  readonly tag: number;
  readonly body: Buffer;
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const tag = bytes.readUInt8(at);
    const first = bytes.readUInt8(at + 1);
    const more = first < 0x80 ? 0 : first & 0x7f;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    found.push({ tag, body: bytes.subarray(start, start + length) });
    at = start + length;
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

/** The octets of a certificate's extension, or undefined where it has none of that OID (RFC 5280, section 4.1). */
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
