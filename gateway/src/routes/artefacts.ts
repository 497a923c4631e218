// Artefacts: bytes under a content id, in and out.

import type { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { MusterError } from '@muster/protocol';
import { z } from 'zod';
import { clientOf, within, type Admission } from '../admission/admission.ts';
import { flowing } from '../admission/flowing.ts';
import type { ArtefactFetcher } from '../artefacts/siblings.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Limits } from '../config.ts';
import { storedSchema } from '../schemas/artefacts.ts';
import { route, type Route } from './route.ts';

const path = '/v1/artefacts/:cid';
/** CIDv1, base32, raw or dag-pb, SHA-256, with its unused bits 0: what parseCid takes, for the OpenAPI document. */
const CANONICAL_CID = '^baf(kre|ybe)i[a-h][a-z2-7]{50}[aeimquy4]$';
/** Only the form is checked here; what the id is worth is told with its own code. */
const params = z.object({ cid: z.string().max(128).meta({ pattern: CANONICAL_CID }) });
const query = z.object({
  /** only what this gateway holds itself: siblings ask so, lest they ask in circles */
  local: z.enum(['true', 'false']).optional(),
});
const bytes = z.string().meta({ format: 'binary' });

/** Sends a file, or the range of it that was asked for. */
async function sendFile(cid: string, file: string, request: Request, response: Response): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const headers = {
    'Content-Type': 'application/octet-stream',
    // the bytes under a content id never change
    'Cache-Control': 'private, max-age=31536000, immutable',
    ETag: `"${cid}"`,
  };
  response.sendFile(file, { headers, lastModified: false, cacheControl: false, dotfiles: 'allow' }, (error?: Error) => {
    if (error === undefined) resolve(undefined);
    else if ((error as { status?: number }).status === 416) {
      const range = String(request.headers.range);
      reject(new MusterError('ERR_ARTEFACT_RANGE', { cid, range }, { cause: error }));
    } else if (response.headersSent)
      resolve(undefined); // the caller went away in the middle
    else reject(error);
  });
  await promise;
}

/** What the routes need. */
export interface ArtefactParts {
  readonly store: ArtefactStore;
  readonly fetcher: ArtefactFetcher;
  readonly admission: Admission;
  readonly limits: Limits;
}

/** A sender who is refused before the end hears of it only if it can get rid of what it is sending; so much is thrown away. */
const DRAIN_BYTES = 16 * 1024 * 1024;

function drain(request: Readable): void {
  let bytes = 0;
  // whoever read it so far waits for the next chunk no more, and would keep it from flowing
  request.removeAllListeners('readable');
  request.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > DRAIN_BYTES) request.destroy();
  });
  request.resume();
}

export function artefactRoutes({ store, fetcher, admission, limits }: ArtefactParts): Route[] {
  const find = async (cid: string, local: boolean, client: string): Promise<string> => {
    let held = await store.find(cid);
    if (held === undefined && !local) {
      const fetched = await within(admission.fetches, client, () => fetcher.fetch(cid));
      if (fetched) held = await store.find(cid);
    }
    if (held === undefined) throw new MusterError('ERR_ARTEFACT_UNKNOWN', { cid });
    return held.file;
  };
  const serve = (method: 'get' | 'head', summary: string): Route =>
    route({
      method,
      path,
      summary,
      params,
      query,
      answers: {
        200: { description: 'The bytes', schema: bytes, contentType: 'application/octet-stream' },
        206: { description: 'The range of them asked for', schema: bytes, contentType: 'application/octet-stream' },
      },
      handle: async ({ params: { cid }, query: { local } }, request, response) => {
        await sendFile(cid, await find(cid, local === 'true', clientOf(response)), request, response);
      },
    });
  return [
    // express answers HEAD by the first route that fits, so it comes before GET
    serve('head', 'Whether an artefact can be had, and its size'),
    serve('get', 'An artefact; fetched from the other organisations where this gateway lacks it'),
    route({
      method: 'put',
      path,
      summary: 'Stores bytes under their content id',
      params,
      bytes: 'application/octet-stream',
      answers: {
        200: { description: 'The store held it before', schema: storedSchema },
        201: { description: 'Stored', schema: storedSchema },
      },
      handle: async ({ params: { cid } }, request, response) => {
        store.verifySize(Number(request.headers['content-length'] ?? 0));
        const arriving = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
        const { uploadStallMs: stallMs, uploadBytesPerSecond: bytesPerSecond } = limits;
        const bytes = flowing(arriving, { stallMs, bytesPerSecond });
        const created = await within(admission.uploads, clientOf(response), () => store.put(cid, bytes)).catch(
          (error: unknown) => {
            drain(request);
            throw error;
          },
        );
        response.status(created ? 201 : 200).json({ artefact: { cid } });
      },
    }),
  ];
}
