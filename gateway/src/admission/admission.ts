// Admission: how much of the gateway's work is under way at once, in all and of one client. Whatever is not bounded here is
// bounded by these: a body is read, a socket held and a query asked only within a request that was let in.

import type { Request, RequestHandler, Response } from 'express';
import { MusterError } from '@muster/protocol';
import type { Limits } from '../config.ts';
import { Quota } from './quota.ts';

const RETRY_SECONDS = 2;
/** Streams last: who finds no place for one comes back later. */
const RETRY_STREAM_SECONDS = 5;
/** How long a request may go on arriving after it was answered, so that the answer is not lost with the connection. */
const LINGER_MS = 5_000;

/** Who calls, as authenticated before. */
export const clientOf = ({ locals }: Response): string => (typeof locals.client === 'string' ? locals.client : '');

export class Admission {
  readonly requests: Quota;
  readonly bodies: Quota;
  readonly uploads: Quota;
  readonly fetches: Quota;
  readonly queries: Quota;
  readonly streams: Quota;

  constructor(limits: Limits) {
    const quota = (what: string, total: number, perClient: number, seconds = RETRY_SECONDS): Quota =>
      new Quota(what, { total, perClient }, seconds);
    this.requests = quota('the list of requests', limits.requests, limits.requestsPerClient);
    this.bodies = quota('the room for request bodies', limits.bodies, limits.bodiesPerClient);
    this.uploads = quota('the list of uploads', limits.uploads, limits.uploadsPerClient);
    this.fetches = quota('the list of fetches', limits.fetches, limits.fetchesPerClient);
    this.queries = quota('the list of queries', limits.queries, limits.queriesPerClient);
    this.streams = quota('the list of streams', limits.streams, limits.streamsPerClient, RETRY_STREAM_SECONDS);
  }
}

/** Runs some work within a quota. @throws ERR_OVERLOADED, and what the work throws */
export async function within<T>(quota: Quota, client: string, work: () => Promise<T>): Promise<T> {
  const give = quota.take(client);
  try {
    return await work();
  } finally {
    give();
  }
}

/** Lets a request in, and cuts one off that goes on arriving long after it was answered. @throws ERR_OVERLOADED */
export function admit({ requests }: Admission): RequestHandler {
  return (request, response, next) => {
    response.once('close', requests.take(clientOf(response)));
    response.once('finish', () => {
      if (request.complete) return;
      setTimeout(() => {
        if (!request.complete) request.destroy();
      }, LINGER_MS).unref();
    });
    next();
  };
}

/** What a body announces to be, or the most it may become where it announces nothing. @throws ERR_ENVELOPE_TOO_LARGE */
function announced(request: Request, limit: number): number {
  const bytes = Number(request.headers['content-length'] ?? limit);
  if (bytes > limit) throw new MusterError('ERR_ENVELOPE_TOO_LARGE', { bytes, limit });
  return bytes;
}

/**
 * Reads a body by a parser: room for it is taken before a byte is read, and it must arrive in time.
 * @throws ERR_OVERLOADED, ERR_ENVELOPE_TOO_LARGE, ERR_REQUEST_SLOW, and what the parser throws
 */
export function readBody({ bodies }: Admission, { bodyBytes, bodyMs }: Limits, parser: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const give = bodies.take(clientOf(response), announced(request, bodyBytes));
    let answered = false;
    const done = (error?: unknown): void => {
      give();
      clearTimeout(timer);
      if (answered) return;
      answered = true;
      next(error);
    };
    const timer = setTimeout(() => done(new MusterError('ERR_REQUEST_SLOW', { what: 'body', ms: bodyMs })), bodyMs);
    response.once('close', () => {
      give();
      clearTimeout(timer);
    });
    void parser(request, response, done);
  };
}
