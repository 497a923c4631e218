// Events as they happen: server-sent events (WHATWG HTML, section 9.2) from the projection. A stream is a position in the
// table of events, so a reader that fell behind reads rows, not memory, and one that comes back goes on where it was.

import { once } from 'node:events';
import type { Response } from 'express';
import { jobIdSchema } from '@muster/protocol';
import { z } from 'zod';
import { clientOf, type Admission } from '../admission/admission.ts';
import { createForkFrames, FORK_DETECTED } from '../forks/fork-frames.ts';
import type { ForkWatch } from '../forks/fork-watch.ts';
import type { Meters } from '../metrics.ts';
import type { Projection } from '../projection/projection.ts';
import type { Reads } from '../projection/reads.ts';
import type { EventRow } from '../schemas/state.ts';
import { route, type Route } from './route.ts';

const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is cut off; it can come back with Last-Event-ID. */
const STALLED_MS = 30_000;
const ROWS = 500;

export const eventId = z.string().regex(/^\d{1,12}\.\d{1,9}\.\d{1,9}$/, 'must be <block>.<transaction>.<event>');

/** What streams need. */
export interface EventParts {
  readonly projection: Projection;
  readonly reads: Reads;
  readonly meters: Meters;
  readonly stopping: AbortSignal;
  readonly admission: Admission;
  readonly heartbeatMs?: number;
  /** absent where nobody is compared with */
  readonly forks?: ForkWatch;
}

type Filter = (type: string, job: unknown) => boolean;

const format = (row: EventRow): string => `id: ${row.id}\nevent: ${row.type}\ndata: ${JSON.stringify(row)}\n\n`;

interface Narrowed {
  readonly job?: string | undefined;
  readonly types?: string | undefined;
}

function filterOf({ job, types }: Narrowed): Filter {
  const wanted = types === undefined ? undefined : new Set(types.split(','));
  return (type, about) => (job === undefined || about === job) && (wanted?.has(type) ?? true);
}

/** Tells of something that happened since it was last waited for. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#rung = false;
    this.#wake = undefined;
  }
}

/** Forks for a reader who named them; for others, and where nobody is compared with, none. */
function watchForks(
  forks: ForkWatch | undefined,
  { types }: Narrowed,
  ring: () => void,
): { readonly frames: () => string; readonly unsubscribe: () => void } {
  if (forks === undefined || types?.split(',').includes(FORK_DETECTED) !== true) {
    return { frames: () => '', unsubscribe: () => undefined };
  }
  return { frames: createForkFrames(forks.store), unsubscribe: forks.onFork(ring) };
}

/** Writes and waits until the reader has taken it; false where the reader is gone or takes nothing. */
async function write(response: Response, text: string): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return false;
  if (text === '' || response.write(text)) return true;
  try {
    await once(response, 'drain', { signal: AbortSignal.timeout(STALLED_MS) });
    return true;
  } catch {
    return false; // stalled, or the connection broke: either way this reader is done
  }
}

async function stream(
  { projection, reads, stopping, forks, heartbeatMs = HEARTBEAT_MS }: EventParts,
  response: Response,
  from: number,
  query: Narrowed,
): Promise<void> {
  const filter = filterOf(query);
  const bell = new Bell();
  const ring = (): void => bell.ring();
  const gone = new AbortController();
  const unsubscribe = projection.onBlock(ring);
  const alarm = watchForks(forks, query, ring);
  let quiet = true;
  const heart = setInterval(() => {
    // a comment keeps proxies from closing a quiet stream
    if (quiet && !response.writableNeedDrain) response.write(': still here\n\n');
    quiet = true;
  }, heartbeatMs);
  response.on('close', () => {
    gone.abort();
    ring();
  });
  stopping.addEventListener('abort', ring);
  try {
    let position = from;
    while (!gone.signal.aborted && !stopping.aborted) {
      const next = reads.after(position, filter, ROWS);
      // a revocation is in a block, and each block rings
      if (reads.revokedAt(clientOf(response)) !== undefined) break;
      if (!(await write(response, alarm.frames()))) break;
      if (next.position === position) {
        await bell.wait();
        continue;
      }
      ({ position } = next);
      if (next.events.length === 0) continue;
      quiet = false;
      if (!(await write(response, next.events.map(format).join('')))) break;
    }
  } finally {
    clearInterval(heart);
    unsubscribe();
    alarm.unsubscribe();
    stopping.removeEventListener('abort', ring);
    response.end();
  }
}

export function eventRoutes(parts: EventParts): Route[] {
  const { reads, meters, admission } = parts;
  return [
    route({
      method: 'get',
      path: '/v1/events',
      summary: 'Events as they are recorded; goes on after Last-Event-ID or ?since=, else starts now',
      query: z.object({
        job: jobIdSchema.optional(),
        /** event types, separated by commas; `fork.detected` comes only where it is named */
        types: z.string().max(1000).optional(),
        since: eventId.optional(),
      }),
      answers: {
        200: {
          description:
            'Server-sent events; `data` is an event row, or of the type fork.detected, without an id, a fork as /v1/forks lists it',
          schema: z.string(),
          contentType: 'text/event-stream',
        },
      },
      handle: async ({ query }, request, response) => {
        const leave = admission.streams.take(clientOf(response));
        response.once('close', leave);
        const last = eventId.safeParse(request.get('Last-Event-ID') ?? query.since);
        const [block = 0, tx = 0, idx = 0] = last.success ? last.data.split('.').map(Number) : [];
        const from = last.success ? reads.positionOf(block, tx, idx) : reads.head();
        response.status(200).set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
        response.flushHeaders();
        meters.streams(admission.streams.taken);
        try {
          await stream(parts, response, from, query);
        } finally {
          leave();
          meters.streams(admission.streams.taken);
        }
      },
    }),
  ];
}
