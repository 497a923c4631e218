// Another organisation's gateway as a witness of the ledger, over the connection that artefacts are fetched by.

import { MusterError, type SignedCheckpoint } from '@muster/protocol';
import { request } from 'undici';
import type { Sibling } from '../artefacts/siblings.ts';
import type { Witness } from './fork-watch.ts';

/** An answer larger than this is no list of checkpoints. */
const ANSWER_MAX = 2 * 1024 * 1024;
const SILENCE_MS = 10_000;

/** Reads a body, but no more than a list of checkpoints can be. */
async function readBounded(body: AsyncIterable<Uint8Array>, organisation: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > ANSWER_MAX) throw unreachable(organisation, 'its answer is too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function unreachable(organisation: string, reason: string): MusterError {
  return new MusterError('ERR_LEDGER_UNREACHABLE', { reason: `checkpoints of ${organisation}: ${reason}` });
}

const isSigned = (value: unknown): value is SignedCheckpoint =>
  typeof value === 'object' &&
  value !== null &&
  'envelope' in value &&
  'certificate' in value &&
  typeof value.envelope === 'string' &&
  typeof value.certificate === 'string';

/** The witness behind a sibling. */
export function witnessOf({ organisation, url, dispatcher }: Sibling): Witness {
  return {
    organisation,
    async checkpoints(from) {
      const options = { dispatcher, headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
      const { statusCode, body } = await request(`${url}/v1/checkpoints?from=${from}`, options);
      const text = await readBounded(body as AsyncIterable<Uint8Array>, organisation);
      if (statusCode !== 200) throw unreachable(organisation, `answered ${statusCode}`);
      const { items } = JSON.parse(text.toString('utf8')) as { items?: unknown };
      return Array.isArray(items) ? items.filter(isSigned) : [];
    },
  };
}
