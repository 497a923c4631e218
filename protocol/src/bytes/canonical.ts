// Canonical JSON, RFC 8785 (JCS): one value, one text. Everything that is signed, hashed or stored goes through here.

import { MusterError } from '../errors.ts';

/** Nesting beyond this is refused: nothing of ours is that deep, and recursion must be bounded for hostile input. */
const MAX_DEPTH = 32;

function refuse(reason: string): never {
  throw new MusterError('ERR_CANONICAL_INVALID', { reason });
}

function text(value: string): string {
  if (!value.isWellFormed()) refuse('lone surrogate in a string');
  return JSON.stringify(value);
}

function object(value: object, depth: number): string {
  if (depth > MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH}`);
  // Array.from visits holes too, which map would skip
  if (Array.isArray(value)) return `[${Array.from(value, (item) => encode(item, depth)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) refuse('not a plain object');
  // RFC 8785 section 3.2.3: properties sorted by UTF-16 code units, which is what sort() does
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${text(key)}:${encode(item, depth)}`).join(',')}}`;
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

/**
 * Parses a text that must be canonical already: white space, duplicate members, other number forms or member orders are
 * refused, so that one statement has one encoding.
 * @throws ERR_CANONICAL_INVALID
 */
export function parseCanonical(source: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw new MusterError('ERR_CANONICAL_INVALID', { reason: 'not JSON' }, { cause });
  }
  if (canonicalise(value) !== source) refuse('another encoding of the same value is the canonical one');
  return value;
}
