// A batch: the envelopes of one transaction as one text. Compact JWS hold no line feed, so they are lines; what many lines
// have in common (header, job, base) is said once by DEFLATE (RFC 1951), since every peer, orderer and block carries the text.

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { MusterError } from '../errors.ts';

/** Envelopes of one transaction. */
export const BATCH_MAX_ENVELOPES = 1000;
/** Bytes of all lines together: a few bytes of DEFLATE could stand for very many. */
export const BATCH_MAX_BYTES = 16 * 1024 * 1024;

/** Begins a batch whose lines are deflated, in base64 (RFC 4648, section 4); no envelope has a colon. */
const DEFLATED = 'deflate:';
/** The fastest: a higher one makes a batch 2 % smaller for half as much time again. */
const LEVEL = 1;

function refuse(problem: string, cause?: unknown): never {
  const issues = [{ field: 'envelopes', problem }];
  throw new MusterError('ERR_DOCUMENT_INVALID', { document: 'batch', issues }, { cause });
}

/** The text of a batch: plain lines or deflated, whichever is shorter. */
export function encodeBatch(envelopes: readonly string[]): string {
  const lines = envelopes.join('\n');
  if (envelopes.length === 1) return lines;
  const deflated = DEFLATED + deflateRawSync(lines, { level: LEVEL }).toString('base64');
  return deflated.length < lines.length ? deflated : lines;
}

function inflate(base64: string): string {
  try {
    const lines = inflateRawSync(Buffer.from(base64, 'base64'), { maxOutputLength: BATCH_MAX_BYTES });
    // one character a byte: what is not ASCII is no envelope, and is refused as such
    return lines.toString('latin1');
  } catch (cause) {
    return refuse(`is not deflated text of at most ${BATCH_MAX_BYTES} bytes`, cause);
  }
}

/**
 * The envelopes of a batch, in their order. Whether each is one is still to be seen.
 * @throws ERR_DOCUMENT_INVALID where they are not 1 to {@link BATCH_MAX_ENVELOPES}, or longer than {@link BATCH_MAX_BYTES}
 */
export function decodeBatch(text: string): string[] {
  const lines = text.startsWith(DEFLATED) ? inflate(text.slice(DEFLATED.length)) : text;
  if (lines.length > BATCH_MAX_BYTES) refuse(`must be at most ${BATCH_MAX_BYTES} bytes`);
  const envelopes = lines.split('\n', BATCH_MAX_ENVELOPES + 1);
  if (lines === '' || envelopes.length > BATCH_MAX_ENVELOPES) refuse(`must be 1 to ${BATCH_MAX_ENVELOPES} lines`);
  return envelopes;
}
