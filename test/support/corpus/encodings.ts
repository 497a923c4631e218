// The corpus of encodings: JSON, content ids, tensors, data and model files.

import { canonicalise } from '../../../protocol/src/bytes/canonical.ts';
import { encodeTensors } from '../../../protocol/src/bytes/safetensors.ts';
import { encodeUpdate } from '../../../protocol/src/round/update-file.ts';
import { encodeIdx } from '../../../edge-agent/src/data/idx.ts';
import { artefactOf } from '../states.ts';
import { deep, read, text, type Entries } from './given.ts';

/** A safetensors file of a header's text and some bytes of data. */
function tensorsFile(header: string, bodyBytes: number, headerBytes = BigInt(Buffer.byteLength(header))): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes);
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(bodyBytes)]);
}
const entry = (start: number, end: number, shape: unknown = [1], dtype = 'F32'): object => ({
  dtype,
  shape,
  data_offsets: [start, end],
});
const base = [
  { name: 'bias', shape: [2], data: Float32Array.of(1, -1) },
  { name: 'weight', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
];
const local = base.map((tensor) => ({ ...tensor, data: tensor.data.map((value) => value + 0.25) }));
const update = encodeUpdate(local, base, { fractionBits: 16, magnitudeBits: 20 });
const tensorCases: Entries = {
  model: encodeTensors(base),
  empty: tensorsFile('{}', 0),
  'header-of-2-to-the-63': tensorsFile('{}', 0, 2n ** 63n),
  overlapping: tensorsFile(text({ a: entry(0, 8, [2]), b: entry(4, 12, [2]) }), 12),
  huge: tensorsFile(text({ a: entry(0, 2 ** 52, [2 ** 30, 2 ** 20]) }), 4),
  negative: tensorsFile(text({ a: entry(-4, 0) }), 0),
  'shape-of-zero-and-huge': tensorsFile(text({ a: entry(0, 0, [0, 2 ** 31, 2 ** 31, 2 ** 31]) }), 0),
  deep: tensorsFile(deep(1500), 0),
  'name-twice': tensorsFile(`{"a":${text(entry(0, 4))},"a":${text(entry(0, 4))}}`, 4),
  'lone-surrogate': tensorsFile(`{"\\ud800":${text(entry(0, 4))}}`, 4),
  prototype: tensorsFile(`{"__proto__":${text(entry(0, 4))}}`, 4),
  'not-utf-8': tensorsFile(`{"\u00ff":${text(entry(0, 4))}}`, 4, 3n),
};

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

export const encodings: Readonly<Record<string, Entries>> = {
  json: {
    object: '{"a":[1,2.5e3,true,null,"\\u00e9\\n"],"b":{}}',
    'depth-32': deep(32),
    'depth-33': deep(33),
    bomb: '['.repeat(10_000),
    'member-twice': '{"a":1,"\\u0061":2}',
    'lone-surrogate': '"\\ud800"',
    'huge-number': '[1e999,-1e999,123456789012345678901234567890]',
    'escaped-quote': '{"\\"":"\\\\"}',
  },
  'canonical-json': {
    object: canonicalise({ a: [1, 2.5e30, true, null, 'é\n'], b: {} }),
    spaces: '{ "a": 1 }',
    'member-order': '{"b":1,"a":1}',
    'negative-zero': '[-0]',
    'lone-surrogate': '["\\ud800"]',
    prototype: '{"__proto__":{"a":1}}',
    deep: deep(1500),
  },
  'content-id': {
    raw: artefactOf('artefact').cid,
    'dag-pb': 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
    'dag-cbor': 'bafyreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
    sha512: 'bafkrgqa',
    version0: 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    'upper-case': artefactOf('artefact').cid.toUpperCase(),
    'stray-bits': `${artefactOf('artefact').cid.slice(0, -1)}7`,
    base58: 'zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA',
  },
  artefact: {
    whole: `${text(artefactOf('some bytes'))}\nsome bytes`,
    cut: `${text(artefactOf('some bytes'))}\nsome byte`,
    'other-size': `${text({ ...artefactOf('some bytes'), size: 2 ** 40 })}\nsome bytes`,
    'id-of-others': `${text({ ...artefactOf('some bytes'), cid: artefactOf('others').cid })}\nsome bytes`,
  },
  safetensors: tensorCases,
  'model-file': tensorCases,
  'update-file': { ...tensorCases, update },
  'fixed-point': {
    plain: Buffer.concat([Buffer.from([15, 18]), floats(1.5, 2, 1, 2)]),
    'not-a-number': Buffer.concat([Buffer.from([15, 18]), floats(NaN, 1)]),
    infinite: Buffer.concat([Buffer.from([15, 18]), floats(Infinity, -Infinity)]),
    large: Buffer.concat([Buffer.from([29, 29]), floats(3e38, -3e38)]),
  },
  idx: {
    images: encodeIdx({ shape: [2, 2, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }),
    'shape-that-overflows': Buffer.from('00000804ffffffffffffffffffffffffffffffff', 'hex'),
    'shape-of-zero': Buffer.from('0000080300000000ffffffffffffffff', 'hex'),
    'no-dimensions': Buffer.from('00000800', 'hex'),
    floats: Buffer.from('00000d010000000100000000', 'hex'),
  },
  onnx: {
    'mlp.onnx': read('vectors', 'gradients', 'mlp-torchscript.onnx'),
    'odd.onnx': read('vectors', 'gradients', 'odd-torchscript.onnx'),
    empty: '',
    'varint-without-end': Buffer.alloc(40, 0xff),
    'group-within-group': Buffer.alloc(5000, 0x0b),
  },
};
