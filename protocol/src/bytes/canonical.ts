// Canonical JSON, RFC 8785 (JCS): one value, one text. Everything that is signed, hashed or stored goes through here.

import { MusterError } from '../errors.ts';
import { decodeUtf8, JSON_MAX_DEPTH, parseNested } from './json.ts';

function refuse(reason: string): never {
  throw new MusterError('ERR_CANONICAL_INVALID', { reason });
}

function text(value: string): string {
  if (!value.isWellFormed()) refuse('lone surrogate in a string');
  return JSON.stringify(value);
}

function object(value: object, depth: number): string {
  // recursion must be bounded
  if (depth > JSON_MAX_DEPTH) refuse(`nested deeper than ${JSON_MAX_DEPTH}`);
  // Array.from visits holes too, which map would skip
  if (Array.isArray(value)) return `[${Array.from(value, (item) => encode(item, depth)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) refuse('not a plain object');
  // RFC 8785 section 3.2.3: properties sorted by UTF-16 code units, which is what sort() does
  let members = '';
  for (const key of Object.keys(value).sort()) {
    members += `${members === '' ? '' : ','}${text(key)}:${encode((value as Record<string, unknown>)[key], depth)}`;
  }
  return `{${members}}`;
}

function encode(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'boolean':
      return String(value);
    case 'number':
      // RFC 8785 section 3.2.2.3: ECMAScript's own number serialisation
      return Number.isFinite(value) ? JSON.stringify(value) : refuse('number is not finite');
    case 'object':
      return value === null ? 'null' : object(value, depth + 1);
    default:
      return refuse(`a ${typeof value} has no JSON form`);
  }
}

/**
 * The canonical text of a JSON value (RFC 8785).
 * @throws ERR_CANONICAL_INVALID for what JSON cannot hold: undefined, NaN, infinities, lone surrogates, class instances
 */
export function canonicalise(value: unknown): string {
  return encode(value, 0);
}

/** UTF-8 bytes of {@link canonicalise}. */
export function canonicalBytes(value: unknown): Uint8Array {
  return Buffer.from(canonicalise(value), 'utf8');
}

/** Whether members stand in order at every level; `value` was parsed from JSON of bounded depth. */
function isSorted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let last: string | undefined;
  for (const key of Object.keys(value)) {
    if (last !== undefined && key < last) return false;
    last = key;
    if (!isSorted((value as Record<string, unknown>)[key])) return false;
  }
  return true;
}

/**
 * The engine's own serialisation differs from RFC 8785 in two ways only: it keeps the order of members, and writes lone
 * surrogates as escapes. Where neither is in play it decides, at a fraction of the time: this is most of reading an envelope.
 */
function isCanonical(value: unknown, source: string): boolean {
  if (!source.includes('\\u') && isSorted(value)) return JSON.stringify(value) === source;
  return canonicalise(value) === source;
}

/**
 * Parses a text that must be canonical already: white space, duplicate members, other number forms or member orders are
 * refused, so that one statement has one encoding.
 * @param source text, or bytes that must be UTF-8
 * @throws ERR_CANONICAL_INVALID
 */
export function parseCanonical(source: string | Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = typeof source === 'string' ? source : decodeUtf8(source);
    value = parseNested(text);
  } catch (cause) {
    const { reason } = (cause as MusterError<'ERR_JSON_INVALID'>).details;
    throw new MusterError('ERR_CANONICAL_INVALID', { reason }, { cause });
  }
  if (!isCanonical(value, text)) refuse('another encoding of the same value is the canonical one');
  return value;
}
