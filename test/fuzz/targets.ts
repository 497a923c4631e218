// Every parser that meets bytes of others, as the product calls it, and what must hold of whatever it accepts.

import { parse as parseQuery } from 'node:querystring';
import { z } from 'zod';
import {
  artefactSchema,
  canonicalise,
  decodeBatch,
  decodeParameters,
  decodeTensors,
  decodeUpdate,
  encodeBatch,
  encodeTensors,
  fromWire,
  jtiOf,
  MusterError,
  openEnvelope,
  parse,
  parseCanonical,
  parseCid,
  parseJson,
  quantise,
  readCertificate,
  readJson,
  readRoot,
  readStatement,
  termsSchema,
  toWire,
  verifyCid,
  verifyIssued,
  verifyMagnitude,
  verifyTerms,
  type Act,
} from '../../protocol/src/index.ts';
import { extensionValue } from '../../protocol/src/envelope/der.ts';
import { readArguments, readKey } from '../../chaincode/src/arguments.ts';
import { fromProblem } from '../../edge-agent/src/client/problem.ts';
import { readRows } from '../../edge-agent/src/client/event-stream.ts';
import { decodeIdx } from '../../edge-agent/src/data/idx.ts';
import { verifyArtefact } from '../../edge-agent/src/job/verify-artefact.ts';
import { decodeRecipe, encodeRecipe } from '../../edge-agent/src/job/recipe-document.ts';
import { parseOutboxEntry } from '../../edge-agent/src/outbox/outbox-files.ts';
import { decodeModel } from '../../edge-agent/src/train/graph/decode.ts';
import { parseConfig } from '../../gateway/src/config.ts';
import { attributesSchema } from '../../gateway/src/routes/audit.ts';
import { eventId } from '../../gateway/src/routes/events.ts';
import { pageQuery } from '../../gateway/src/schemas/page.ts';
import { batchSchema, waitSchema } from '../../gateway/src/schemas/submissions.ts';
import { parseDescription } from '../../network/src/description.ts';
import { parseMadeNetwork } from '../../network/src/made-network.ts';
import { parseIdentity } from '../../network/src/supervise/process-identity.ts';
import type { Target } from './fuzz.ts';
import { readCorpus } from './corpus.ts';

/** What must hold of an accepted input; breaking it is a failure of the parser. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`accepted, but ${what}`);
}

const base64url = (bytes: Uint8Array | string): string => Buffer.from(bytes as Uint8Array).toString('base64url');
const SIGNATURE = base64url(Buffer.alloc(64, 7));

/** An envelope around a payload, whatever it is; where it is an object, with the jti that fits. */
function envelopeAround(act: string, payload: Buffer): string {
  const head = canonicalise({ alg: 'ES256', typ: `muster.${act}`, 'x5t#S256': 'A'.repeat(43) });
  let body: Uint8Array | string = payload;
  try {
    const value = readJson(payload) as Record<string, unknown>;
    if (Object.getPrototypeOf(value) === Object.prototype) body = canonicalise({ ...value, jti: jtiOf(value) });
  } catch (error) {
    // what is no JSON goes into the envelope as it is
    if (!(error instanceof MusterError) && !(error instanceof TypeError)) throw error;
  }
  return `${base64url(head)}.${base64url(body)}.${SIGNATURE}`;
}

/** `<act>` on the first line, the payload after it. */
function parseStatement(input: Buffer): void {
  const end = input.indexOf('\n');
  const act = input.subarray(0, Math.max(0, end)).toString('latin1') as Act;
  const { statement } = readStatement(act, envelopeAround(act, input.subarray(end + 1)));
  must(canonicalise(parseCanonical(canonicalise(statement))) === canonicalise(statement), 'it has no canonical form');
}

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

const root = pem(readCorpus('root-certificate').find(({ name }) => name === 'root.der')?.bytes ?? Buffer.alloc(0));

const FORMAT = { fractionBits: 16, magnitudeBits: 20 };
const BASE = decodeParameters(
  encodeTensors([
    { name: 'bias', shape: [2], data: Float32Array.of(1, -1) },
    { name: 'weight', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  ]),
);

/** Two bytes of format, then as many float32 as there are, half of them trained and half of them base. */
function parseFixedPoint(input: Buffer): void {
  const format = { fractionBits: 1 + ((input[0] ?? 0) % 30), magnitudeBits: 2 + ((input[1] ?? 0) % 30) };
  const length = Math.floor(Math.max(0, input.length - 2) / 8);
  const values = new Float32Array(new Uint8Array(input.subarray(2, 2 + 8 * length)).buffer);
  const change = quantise('x', values.subarray(0, length), values.subarray(length), format);
  verifyMagnitude('x', change, format);
  must(
    change.every((value) => Math.abs(value) < 2 ** format.magnitudeBits),
    'a change is out of range',
  );
}

/** An artefact's record on the first line, its bytes after it. */
function parseArtefact(input: Buffer): void {
  const end = input.indexOf('\n');
  const artefact = parseJson('artefact', artefactSchema, input.subarray(0, Math.max(0, end)));
  verifyArtefact(artefact, input.subarray(end + 1));
}

const querySchema = z.object({
  ...pageQuery,
  ...waitSchema.shape,
  since: eventId.optional(),
  attributes: attributesSchema.optional(),
});

async function parseEvents(input: Buffer): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(input.length / 100) }, (_, i) =>
    input.subarray(100 * i, 100 * i + 100),
  );
  // eslint-disable-next-line @typescript-eslint/require-await -- a stream whose chunks are all there
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  for await (const row of readRows(body())) must(typeof row.data === 'object', 'a row has no data');
}

function parseTensors(input: Buffer): void {
  const tensors = decodeTensors(input);
  must(tensors.reduce((sum, { data }) => sum + data.byteLength, 0) < input.length, 'data came out of nothing');
  const again = decodeTensors(encodeTensors(tensors));
  must(
    canonicalise(again.map(({ name, shape }) => [name, shape])) ===
      canonicalise(tensors.map(({ name, shape }) => [name, shape])),
    'it reads differently when written again',
  );
}

const text = (parseText: (source: string) => unknown): Target => ({
  kind: 'text',
  parse: (input) => parseText(input.toString('utf8')),
});
const textBytes = (parseBytes: (input: Buffer) => unknown): Target => ({ kind: 'text', parse: parseBytes });
const bytes = (parseBytes: (input: Buffer) => unknown): Target => ({ kind: 'bytes', parse: parseBytes });

export const targets = {
  json: textBytes((input) => readJson(input)),
  'canonical-json': textBytes((input) => {
    must(Buffer.from(canonicalise(parseCanonical(input))).equals(input), 'its canonical form is another');
  }),
  batch: text((source) => {
    const envelopes = decodeBatch(source);
    must(decodeBatch(encodeBatch(envelopes)).length === envelopes.length, 'it holds another number when told again');
  }),
  envelope: text((source) => {
    const { statement, jti } = openEnvelope(source);
    must(jtiOf(statement) === jti, 'its jti is another');
  }),
  statement: textBytes(parseStatement),
  terms: textBytes((input) => verifyTerms(parseJson('terms', termsSchema, input))),
  'content-id': text((source) => {
    must(parseCid(source).toString() === source, 'it is written differently');
    verifyCid(source, Buffer.from('artefact'));
  }),
  artefact: textBytes(parseArtefact),
  safetensors: textBytes(parseTensors),
  'update-file': textBytes((input) => {
    must(
      decodeUpdate(input, BASE, FORMAT).every((value) => Math.abs(value) < 2 ** FORMAT.magnitudeBits),
      'out of range',
    );
  }),
  'model-file': textBytes((input) => decodeParameters(input)),
  'fixed-point': bytes(parseFixedPoint),
  certificate: bytes((input) => {
    const certificate = readCertificate(pem(input));
    must(
      Number.isSafeInteger(certificate.notBefore) && Number.isSafeInteger(certificate.notAfter),
      'it is always valid',
    );
    verifyIssued(certificate, 'navy', [root]);
  }),
  'root-certificate': bytes((input) => readRoot(pem(input))),
  der: bytes((input) => extensionValue(input, '1.2.3.4.5.6.7.8.1')),
  'wire-error': text((source) => {
    const error = fromWire(source);
    if (error !== undefined) must(fromWire(toWire(error))?.code === error.code, 'it is another when told again');
  }),
  problem: textBytes((input) => fromProblem('https://gateway', 400, input)),
  'chaincode-arguments': text((source) => {
    const [type = '', attributes = '', size = '', bookmark = ''] = source.split('\n');
    readArguments({ size, skip: size, round: size, bookmark });
    readKey(type, attributes);
  }),
  idx: bytes((input) => {
    must(decodeIdx(input).data.length < input.length, 'data came out of nothing');
  }),
  onnx: bytes((input) => decodeModel(input)),
  recipe: textBytes((input) => {
    const recipe = decodeRecipe(input);
    must(
      canonicalise(decodeRecipe(encodeRecipe(recipe))) === canonicalise(recipe),
      'it reads differently when written again',
    );
  }),
  'gateway-config': textBytes((input) => parseConfig(input, 'config.json')),
  'gateway-query': text((source) => parse('query', querySchema, { ...parseQuery(source) })),
  'gateway-body': textBytes((input) => parseJson('request body', batchSchema, input)),
  'event-stream': textBytes(parseEvents),
  'network-description': text((source) => parseDescription(source)),
  'network-note': textBytes((input) => parseMadeNetwork(input)),
  'process-identity': textBytes((input) => parseIdentity('a pid file', input)),
  'outbox-entry': textBytes((input) => parseOutboxEntry('an entry', input)),
} as const satisfies Readonly<Record<string, Target>>;

export type TargetName = keyof typeof targets;
