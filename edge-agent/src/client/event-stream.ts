// Server-sent events of the ledger (WHATWG HTML, section 9.2): resumes after the last event seen, heals until told to stop.

import { MusterError, parseJson } from '@muster/protocol';
import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { createBackoff } from './backoff.ts';
import type { EventRow, FollowOptions } from './gateway.ts';
import type { Transport } from './transport.ts';

function pathOf({ types, job }: FollowOptions): string {
  const query = new URLSearchParams();
  if (types !== undefined) query.set('types', types.join(','));
  if (job !== undefined) query.set('job', job);
  return query.size === 0 ? '/v1/events' : `/v1/events?${query.toString()}`;
}

/** Characters of one event: terms and a thousand exclusions fit many times over. */
const EVENT_MAX = 1024 * 1024;

/** The frame of a row; its data are the ledger's own, and whoever acts on them asks the ledger. */
const rowSchema = z.looseObject({
  id: z.string().regex(/^\d{1,12}\.\d{1,9}\.\d{1,9}$/),
  type: z.string(),
  data: z.looseObject({}),
  block: z.int().min(0),
  transaction: z.string(),
  at: z.int(),
});

/**
 * The rows of one connection.
 * @throws ERR_DOCUMENT_INVALID for what is no row, or is too large to be one
 */
export async function* readRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<EventRow> {
  const arrived: EventRow[] = [];
  let broken: MusterError | undefined;
  const take = (data: string): void => {
    try {
      arrived.push(parseJson('event', rowSchema, data) as unknown as EventRow);
    } catch (error) {
      broken ??= error as MusterError;
    }
  };
  const oversized = (): void => {
    const issues = [{ field: '(document)', problem: `must be at most ${EVENT_MAX} characters` }];
    broken ??= new MusterError('ERR_DOCUMENT_INVALID', { document: 'event', issues });
  };
  const parser = createParser({
    onEvent: ({ data }) => take(data),
    // fields that are unknown are to be ignored; a buffer that is full makes the parser useless
    onError: ({ type }) => type === 'max-buffer-size-exceeded' && oversized(),
    maxBufferSize: EVENT_MAX,
  });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    if (broken === undefined) parser.feed(decoder.decode(chunk, { stream: true }));
    yield* arrived.splice(0);
    if (broken !== undefined) throw broken;
  }
}

/**
 * Follows events over as many connections as it takes, until the signal aborts. Ids are the ledger's own, so a stream
 * broken at one gateway goes on at another.
 */
export async function* followEvents(transport: Transport, options: FollowOptions): AsyncGenerator<EventRow, void> {
  const { signal, onConnected } = options;
  const backoff = createBackoff(100, 5000);
  let last = options.since;
  while (!signal.aborted) {
    let failure: unknown;
    try {
      const headers = { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) };
      const body = await transport.stream({ method: 'GET', path: pathOf(options), headers }, signal);
      onConnected?.();
      for await (const row of readRows(body)) {
        backoff.reset();
        last = row.id;
        yield row;
      }
    } catch (error) {
      failure = error;
      // Any failure is mended the same way: wait, and ask again from the last event seen. Callers are level-triggered,
      // and each of their own calls tells what is wrong with the gateway.
    }
    await backoff.wait(signal, failure);
  }
}
