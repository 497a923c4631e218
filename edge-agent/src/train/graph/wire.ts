// A look over an ONNX file's protobuf wire format before it is decoded: a few bytes can stand for a large object, and messages
// within messages for a deep stack, so fields and depth are counted first (protobuf encoding specification; onnx.proto).
import { MusterError } from '@muster/protocol';
import { LIMITS } from './limits.ts';

/** Fields of a message that are messages themselves, by number; `packed` are whole numbers side by side. */
type Fields = Readonly<Record<number, keyof typeof MESSAGES | 'packed'>>;

const MESSAGES = {
  model: { 7: 'graph', 8: 'leaf', 14: 'leaf', 20: 'training', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 11: 'value', 12: 'value', 13: 'value', 14: 'annotation', 15: 'sparse', 16: 'leaf' },
  node: { 5: 'attribute', 9: 'leaf' },
  attribute: {
    5: 'tensor',
    6: 'graph',
    8: 'packed',
    10: 'tensor',
    11: 'graph',
    14: 'type',
    15: 'type',
    22: 'sparse',
    23: 'sparse',
  },
  tensor: { 1: 'packed', 5: 'packed', 7: 'packed', 11: 'packed', 13: 'leaf', 16: 'leaf' },
  sparse: { 1: 'tensor', 2: 'tensor', 3: 'packed' },
  value: { 2: 'type', 4: 'leaf' },
  type: { 1: 'array', 4: 'nested', 5: 'nested', 8: 'array', 9: 'nested' },
  nested: { 1: 'type', 2: 'type' },
  array: { 2: 'dimensions' },
  dimensions: { 1: 'leaf' },
  annotation: { 2: 'leaf' },
  training: { 1: 'graph', 2: 'graph', 3: 'leaf', 4: 'leaf' },
  function: { 7: 'node', 9: 'leaf', 11: 'attribute', 12: 'value' },
  leaf: {},
} as const;

const FIELDS: Readonly<Record<keyof typeof MESSAGES, Fields>> = MESSAGES;

function malformed(reason: string): MusterError {
  return new MusterError('ERR_MODEL_MALFORMED', { reason });
}

const BROKEN = 'the bytes are not an ONNX model';

class Scan {
  private readonly bytes: Uint8Array;
  private at = 0;
  private count = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  message(fields: Fields, end: number, depth: number): void {
    if (depth > LIMITS.wireDepth) throw malformed(`messages are nested more than ${LIMITS.wireDepth} deep`);
    while (this.at < end) {
      const tag = this.varint(end);
      this.add(1);
      const field = fields[Math.floor(tag / 8)];
      if (tag % 8 === 2) this.delimited(field, end, depth);
      else this.skip(tag % 8, end);
    }
  }

  private delimited(field: Fields[number] | undefined, end: number, depth: number): void {
    const length = this.varint(end);
    const stop = this.at + length;
    if (stop > end) throw malformed(BROKEN);
    if (field === 'packed') this.add(length);
    if (field === undefined || field === 'packed') this.at = stop;
    else this.message(FIELDS[field], stop, depth + 1);
  }

  private skip(kind: number, end: number): void {
    if (kind === 0) this.varint(end);
    else if (kind === 1) this.at += 8;
    else if (kind === 5) this.at += 4;
    // Groups are not used by ONNX, and nothing else exists.
    else throw malformed(BROKEN);
    if (this.at > end) throw malformed(BROKEN);
  }

  /** Of at most ten bytes; what exceeds 53 bits is inexact, and as a length too large in any case. */
  private varint(end: number): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined || this.at > end) throw malformed(BROKEN);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed(BROKEN);
  }

  private add(count: number): void {
    this.count += count;
    if (this.count > LIMITS.wireElements) throw malformed(`the file has more than ${LIMITS.wireElements} fields`);
  }
}

/** Time is linear in the file's size, memory constant. @throws MusterError ERR_MODEL_MALFORMED */
export function checkWire(bytes: Uint8Array): void {
  if (bytes.length > LIMITS.fileBytes) {
    throw malformed(`the file has ${bytes.length} bytes, at most ${LIMITS.fileBytes} are supported`);
  }
  new Scan(bytes).message(FIELDS.model, bytes.length, 1);
}
