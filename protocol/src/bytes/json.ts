// JSON from outside (RFC 8259, as narrowed by I-JSON, RFC 7493): UTF-8 only, nesting bounded before anything is built, and
// no member twice, since readers differ in which of the two they take.

import { MusterError } from '../errors.ts';

/** Nesting beyond this is refused: nothing of ours is that deep. */
export const JSON_MAX_DEPTH = 32;

function refuse(reason: string, cause?: unknown): never {
  throw new MusterError('ERR_JSON_INVALID', { reason }, { cause });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text that bytes hold. Bytes that are no UTF-8 are refused, not replaced: else several inputs would be one text.
 * @throws ERR_JSON_INVALID
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    return refuse('not UTF-8', cause);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Position of the quote that ends a string, or of the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); at < text.length && code !== QUOTE; code = text.charCodeAt(at)) {
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}

/** Nesting and number of members, as brackets and colons outside strings tell them; whether it is JSON is not looked at. */
function measure(text: string): { depth: number; members: number } {
  let deepest = 0;
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === 0x3a) members += 1;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return { depth: deepest, members };
}

/** Members of a value of bounded depth and of all that it holds. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const item of Object.values(value)) count += countMembers(item);
  return count;
}

function parseMeasured(text: string, maxDepth: number): { value: unknown; members: number } {
  const { depth, members } = measure(text);
  if (depth > maxDepth) refuse(`nested deeper than ${maxDepth}`);
  try {
    return { value: JSON.parse(text), members };
  } catch (cause) {
    return refuse('not JSON', cause);
  }
}

/**
 * Parses JSON of bounded nesting, for callers that find members given twice by other means.
 * @throws ERR_JSON_INVALID
 */
export function parseNested(text: string): unknown {
  return parseMeasured(text, JSON_MAX_DEPTH).value;
}

/**
 * Reads JSON that came from outside.
 * @param source text, or bytes that must be UTF-8
 * @param maxDepth arrays and objects within each other
 * @throws ERR_JSON_INVALID: not UTF-8, not JSON, nested deeper, a member twice
 */
export function readJson(source: string | Uint8Array, maxDepth = JSON_MAX_DEPTH): unknown {
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  const { value, members } = parseMeasured(text, maxDepth);
  if (countMembers(value) !== members) refuse('a member is given twice');
  return value;
}
