// A batch: the envelopes of one transaction as one text. Compact JWS hold no line feed, so they are lines. Packed, header and
// payload stand as the JSON that they are, where what many have in common (agent, job, base) is said once by Zstandard
// (RFC 8878), and signatures as bytes: every peer, orderer and block carries the text.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { MusterError } from '../errors.ts';
import { SIGNATURE_BYTES } from './ecdsa.ts';

/** Envelopes of one transaction. */
export const BATCH_MAX_ENVELOPES = 1000;
/** Bytes of all lines together: a few bytes of Zstandard could stand for very many. */
export const BATCH_MAX_BYTES = 16 * 1024 * 1024;

/** Begins a packed batch, in base64 (RFC 4648, section 4); no envelope has a colon. */
const PACKED = 'zstd:';
/** How an earlier or later version may have packed one. */
const PACKING = /^([a-z][a-z0-9-]{0,15}):/;
/** A higher level makes a batch 4 % smaller for several times the time. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** What a frame may ask for: 16 MiB to look back in, and no more than that as its result. */
const DECOMPRESSION = { params: { [constants.ZSTD_d_windowLogMax]: 24 }, maxOutputLength: BATCH_MAX_BYTES };
const LINE_FEED = 0x0a;

function refuse(problem: string, cause?: unknown): never {
  const issues = [{ field: 'envelopes', problem }];
  throw new MusterError('ERR_DOCUMENT_INVALID', { document: 'batch', issues }, { cause });
}

/** Bytes of a base64url text, if that is their only text and they fit on a line. */
function bytesOf(part: string | undefined): Buffer | undefined {
  const bytes = Buffer.from(part ?? '', 'base64url');
  return bytes.toString('base64url') === part && !bytes.includes(LINE_FEED) ? bytes : undefined;
}

/** `<header>\n<payload>\n` of each envelope, then their signatures; undefined where they would not come back from it. */
function contentOf(envelopes: readonly string[]): Buffer | undefined {
  const lines: Buffer[] = [];
  const signatures: Buffer[] = [];
  const feed = Buffer.of(LINE_FEED);
  for (const envelope of envelopes) {
    const [header, payload, last = '', ...more] = envelope.split('.');
    const [first, second] = [bytesOf(header), bytesOf(payload)];
    const signature = Buffer.from(last, 'base64url');
    const isPlain = signature.length !== SIGNATURE_BYTES || signature.toString('base64url') !== last || more.length > 0;
    if (isPlain || first === undefined || second === undefined) return undefined;
    lines.push(first, feed, second, feed);
    signatures.push(signature);
  }
  return Buffer.concat([Buffer.from(`${envelopes.length}\n`), ...lines, ...signatures]);
}

/** The text of a batch: packed, but one envelope alone, and what is not made of base64url as envelopes are. */
export function encodeBatch(envelopes: readonly string[]): string {
  const content = envelopes.length === 1 ? undefined : contentOf(envelopes);
  return content === undefined
    ? envelopes.join('\n')
    : PACKED + zstdCompressSync(content, COMPRESSION).toString('base64');
}

function decompress(base64: string): Buffer {
  try {
    return zstdDecompressSync(Buffer.from(base64, 'base64'), DECOMPRESSION);
  } catch (cause) {
    return refuse(`is not compressed text of at most ${BATCH_MAX_BYTES} bytes`, cause);
  }
}

/** Its count and then a line feed: no sign, no leading zero, so that a batch has one form. */
const COUNT = /^([1-9]\d{0,3})\n/;

function unpack(base64: string): string[] {
  const content = decompress(base64);
  const count = Number(COUNT.exec(content.toString('latin1', 0, 5))?.[1] ?? NaN);
  if (!(count <= BATCH_MAX_ENVELOPES)) refuse(`must be 1 to ${BATCH_MAX_ENVELOPES} envelopes`);
  const end = content.length - count * SIGNATURE_BYTES;
  const envelopes: string[] = [];
  let at = content.indexOf(LINE_FEED) + 1;
  /** the next line in base64url: whether it is JSON is still to be seen */
  const next = (): string => {
    const feed = content.indexOf(LINE_FEED, at);
    if (feed < 0 || feed >= end) refuse(`must hold a header and a payload for each of ${count} signatures`);
    const line = content.toString('base64url', at, feed);
    at = feed + 1;
    return line;
  };
  for (let from = end; from < content.length; from += SIGNATURE_BYTES) {
    envelopes.push(`${next()}.${next()}.${content.toString('base64url', from, from + SIGNATURE_BYTES)}`);
  }
  if (at !== end) refuse(`must hold ${count} signatures after as many headers and payloads`);
  return envelopes;
}

/**
 * The envelopes of a batch, in their order. Whether each is one is still to be seen.
 * @throws ERR_DOCUMENT_INVALID where they are not 1 to {@link BATCH_MAX_ENVELOPES}, or longer than {@link BATCH_MAX_BYTES}
 */
export function decodeBatch(text: string): string[] {
  if (text.startsWith(PACKED)) return unpack(text.slice(PACKED.length));
  const [, packing] = PACKING.exec(text) ?? [];
  if (packing !== undefined) refuse(`is packed as ${packing}, which this version does not read`);
  if (text.length > BATCH_MAX_BYTES) refuse(`must be at most ${BATCH_MAX_BYTES} bytes`);
  const envelopes = text.split('\n', BATCH_MAX_ENVELOPES + 1);
  if (text === '' || envelopes.length > BATCH_MAX_ENVELOPES) refuse(`must be 1 to ${BATCH_MAX_ENVELOPES} lines`);
  return envelopes;
}
