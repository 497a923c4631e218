// Writes the corpus of the fuzzed parsers: `node test/corpus/generate.ts`. Certificates are made anew each time, with keys
// that nobody keeps; all else comes out as it is committed. Inputs that once failed are beside these, as `found-<digest>`.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { canonicalise } from '../../protocol/src/bytes/canonical.ts';
import { encodeTensors } from '../../protocol/src/bytes/safetensors.ts';
import { encodeBatch } from '../../protocol/src/envelope/batch.ts';
import { MusterError, toWire } from '../../protocol/src/errors.ts';
import { encodeUpdate } from '../../protocol/src/round/update-file.ts';
import { encodeIdx } from '../../edge-agent/src/data/idx.ts';
import { readDescription } from '../../network/src/description.ts';
import { writeCorpus } from '../fuzz/corpus.ts';
import { artefactOf, attestationBy, JOB, TERMS, updateBy } from '../support/states.ts';
import { createTestCa, type Subject } from '../support/test-ca.ts';

type Entries = Readonly<Record<string, string | Uint8Array>>;

const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const read = (...path: string[]): Buffer => readFileSync(join(import.meta.dirname, '..', ...path));
const ca = await createTestCa('navy');
const stranger = await createTestCa('navy');
const der = (certificate: string): Uint8Array => new X509Certificate(certificate).raw;
const issued = async (subject: Partial<Subject> = {}): Promise<Uint8Array> =>
  der((await ca.issue({ name: 'frigate-1', role: 'agent', unit: 'fleet', ...subject })).certificate);

const envelope = /"(eyJ[\w.-]+)"/.exec(read('vectors', 'envelope', 'worked-example.json').toString())?.[1] ?? '';
const [head = '', payload = '', signature = ''] = envelope.split('.');
const part = (value: string): string => Buffer.from(value).toString('base64url');

const THUMBPRINT = 'A'.repeat(43);
const common = { v: 1, jti: THUMBPRINT, iat: 1, by: 'navy/officer' };
const ofRound = { ...common, job: JOB, round: 1 };
const text = JSON.stringify;
const statement = (act: string, claims: object): string => `${act}\n${canonicalise(claims)}`;
const { statement: updated } = updateBy('navy/ship-1');
const { statement: attested } = attestationBy('navy/validator');

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

const recipe = {
  v: 1,
  loss: 'cross-entropy',
  optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
  proximal: 0,
  epochs: 1,
  batchSize: 10,
  stepsPerRun: 10,
  model: artefactOf('model').cid,
  trainStep: artefactOf('step'),
};
const config = {
  organisation: 'navy',
  listen: { host: '127.0.0.1', port: 8443 },
  tls: { cert: 'tls.pem', key: 'tls.key' },
  clientRoots: ['root.pem'],
  identity: { cert: 'certificate.pem', key: 'key.pem' },
  channel: 'muster',
  chaincode: 'muster',
  peer: { endpoint: '127.0.0.1:7051', serverName: 'peer', tlsRoot: 'root.pem' },
  siblings: [{ organisation: 'army', url: 'https://127.0.0.1:9443', tlsRoot: 'root.pem' }],
  state: 'state',
};
const row = { id: '1.0.0', type: 'round.closed', data: { job: JOB }, block: 1, transaction: 'ab', at: 1 };
const problem = { type: 'about:blank', code: 'ERR_JOB_UNKNOWN', details: { job: JOB } };
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const description = read('..', 'network', 'network.yaml');

const corpus: Readonly<Record<string, Entries>> = {
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
  envelope: {
    'worked-example': envelope,
    'alg-none': `${part('{"alg":"none","typ":"muster.round.close"}')}.${payload}.`,
    'alg-hs256': `${part(`{"alg":"HS256","typ":"muster.round.close","x5t#S256":"${THUMBPRINT}"}`)}.${payload}.${signature}`,
    padded: `${head}=.${payload}.${signature}`,
    'stray-bits': `${head}.${payload.slice(0, -1)}B.${signature}`,
    'standard-base64': `${head}.${payload.slice(0, -1)}+.${signature}`,
    'four-parts': `${envelope}.`,
    'not-utf-8': `${head}.${Buffer.from('7b22ff223a317d', 'hex').toString('base64url')}.${signature}`,
    deep: `${head}.${part(deep(1500))}.${signature}`,
  },
  statement: {
    register: statement('consortium.register', { ...common, organisation: 'navy', roots: ['r'], certificate: 'c' }),
    enrol: statement('consortium.enrol', { ...common, certificate: 'c' }),
    revoke: statement('consortium.revoke', { ...common, name: 'ship', certificate: THUMBPRINT, reason: 'lost' }),
    propose: statement('job.propose', { ...common, terms: TERMS }),
    vote: statement('job.vote', { ...common, job: JOB, verdict: 'approve' }),
    update: statement('round.update', { ...updated, jti: THUMBPRINT }),
    close: statement('round.close', ofRound),
    attest: statement('round.attest', { ...attested, jti: THUMBPRINT }),
    finalise: statement('round.finalise', { ...ofRound, aggregate: artefactOf('a').digest, organisations: ['navy'] }),
    abandon: statement('round.abandon', { ...ofRound, reason: 'late' }),
    prototype: 'round.close\n{"__proto__":{"v":1}}',
    list: 'round.close\n[]',
  },
  terms: {
    small: text(TERMS),
    'options-deep': text({ ...TERMS, rule: { name: 'fed-avg', options: {} } }).replace(
      '"options":{}',
      `"options":{"a":${deep(40)}}`,
    ),
    overflow: text({ ...TERMS, limits: { updates: 25_000, updateBytes: 1, examples: 2 ** 31, abandoned: 0 } }),
    constructor: text({ ...TERMS, rule: { name: 'constructor', options: {} } }),
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
  certificate: {
    'agent.der': await issued(),
    'other-curve.der': await issued({ curve: 'P-384' }),
    'no-attributes.der': await issued({ attributes: null }),
    'deep-attributes.der': await issued({ attributes: `{"attrs":${deep(400)}}` }),
    'attributes-of-null.der': await issued({ attributes: 'null' }),
    'no-subject.der': await issued({ subject: 'O=navy' }),
    'stranger.der': der((await stranger.issue({ name: 'frigate-1', role: 'agent' })).certificate),
    'root.der': der(ca.root),
  },
  'root-certificate': { 'root.der': der(ca.root), 'agent.der': await issued() },
  der: {
    'agent.der': await issued(),
    'length-bomb': Buffer.from('3084ffffffff3000', 'hex'),
    indefinite: Buffer.from('308030800000', 'hex'),
    'length-of-127-bytes': Buffer.from(`30ff${'ff'.repeat(127)}`, 'hex'),
    nested: Buffer.from('3080'.repeat(500), 'hex'),
  },
  'wire-error': {
    plain: `chaincode response 500, ${toWire(new MusterError('ERR_JOB_UNKNOWN', { job: JOB }))}`,
    'details-of-others': 'MUSTER ERR_JOB_TERMS {}',
    prototype: 'MUSTER __proto__ {}',
    'details-of-null': 'MUSTER ERR_JOB_UNKNOWN null',
    deep: `MUSTER ERR_JOB_UNKNOWN ${deep(1500)}`,
  },
  problem: {
    plain: text(problem),
    'details-of-others': text({ ...problem, code: 'ERR_JOB_TERMS' }),
    'details-that-are-no-text': text({ ...problem, details: { job: { toString: 1 } } }),
    html: '<html>Bad gateway</html>',
    deep: `{"code":"ERR_JOB_UNKNOWN","details":${deep(1500)}}`,
  },
  batch: {
    alone: envelope,
    packed: encodeBatch([envelope, envelope]),
    cut: encodeBatch([envelope, envelope]).slice(0, 400),
    bomb: `zstd:${zstdCompressSync('\n'.repeat(20_000_000)).toString('base64')}`,
  },
  'chaincode-arguments': {
    plain: `job\n["${JOB}"]\n10\n`,
    many: `round\n${text(Array.from({ length: 9 }, () => 'x'))}\n200\n`,
    separators: 'job\n["a\\u0000b"]\n10\n',
    deep: `job\n${deep(1500)}\n10\n`,
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
  recipe: {
    plain: text(recipe),
    'infinite-rate': text(recipe).replace('0.1', '1e999'),
    'member-twice': text(recipe).replace('"epochs":1', '"epochs":1,"epochs":1000'),
    deep: deep(1500),
  },
  'gateway-config': {
    plain: text(config),
    'no-port': text({ ...config, listen: {} }),
    deep: deep(1500),
    'not-json': '{',
  },
  'gateway-query': {
    page: 'limit=10&cursor=5&wait=100&since=1.0.0&attributes=%5B%22a%22%5D',
    'several-values': 'limit=1&limit=2&cursor=1&cursor=2',
    prototype: '__proto__=1&constructor=2&limit=1',
    'odd-numbers': 'limit=0x10&wait=1e3&cursor=-1',
    'bad-escapes': 'limit=%&cursor=%ff%fe&attributes=%5B%5B',
    deep: `attributes=${'%5B'.repeat(300)}`,
  },
  'gateway-body': { single: text({ envelope }), several: text({ envelopes: [envelope, 'x'] }), deep: deep(1500) },
  'event-stream': {
    rows: `: hello\n\nid: 1.0.0\nevent: round.closed\ndata: ${text(row)}\n\n`,
    'not-json': 'data: {\n\n',
    'no-row': 'data: {"id":"1"}\n\n',
    'lines-of-data': `data: {"id":"1.0.0",\ndata: "type":"x","data":{},"block":1,"transaction":"a","at":1}\r\n\r\n`,
    deep: `data: ${deep(1500)}\n\n`,
  },
  'network-description': {
    'network.yaml': description,
    'billion-laughs': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replaceAll(/./g, (name) => {
      const before = String.fromCharCode(name.charCodeAt(0) - 1);
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join()}]\n`;
    })}`,
    'alias-of-itself': 'a: &a [*a]\n',
    deep: deep(1500),
    'merge-keys': '<<: {a: 1}\n? [a]\n: 2\n',
    'key-twice': 'name: a\nname: b\n',
    tags: 'name: !!binary aGVsbG8=\nhost: !!js/function "x"\n',
  },
  'network-note': {
    plain: text({
      v: 1,
      description: {},
      organisations: ['navy'],
      agentsPerOrganisation: 1,
      basePort: 1,
      packageId: 'x',
    }),
    full: text({
      v: 1,
      description: readDescription(),
      organisations: ['navy'],
      agentsPerOrganisation: 1,
      basePort: 1,
      packageId: 'x',
    }),
    cut: '{"v":1,"descr',
    empty: '',
  },
  'process-identity': {
    plain: text({ pid: 4, startTime: '99' }),
    group: text({ pid: -1, startTime: '99' }),
    empty: '',
  },
  'outbox-entry': {
    plain: text({ v: 1, jti: THUMBPRINT, act: 'round.close', envelope, artefact: false }),
    path: text({ v: 1, jti: '../../etc/passwd', act: 'round.close', envelope, artefact: true }),
    cut: '{"v":1,"jti":"',
  },
};

for (const [parser, entries] of Object.entries(corpus)) {
  for (const [name, content] of Object.entries(entries)) writeCorpus(parser, name, Buffer.from(content as Uint8Array));
}
