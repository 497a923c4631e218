// Server-sent events of the ledger (WHATWG HTML, section 9.2): resumes after the last event seen, heals until told to stop.

import { createParser } from 'eventsource-parser';
import { createBackoff } from './backoff.ts';
import type { EventRow, FollowOptions } from './gateway.ts';
import type { Transport } from './transport.ts';

function pathOf({ types, job }: FollowOptions): string {
  const query = new URLSearchParams();
  if (types !== undefined) query.set('types', types.join(','));
  if (job !== undefined) query.set('job', job);
  return query.size === 0 ? '/v1/events' : `/v1/events?${query.toString()}`;
}

/** The rows of one connection. */
async function* rows(body: AsyncIterable<Uint8Array>): AsyncGenerator<EventRow> {
  const arrived: EventRow[] = [];
  const parser = createParser({ onEvent: ({ data }) => arrived.push(JSON.parse(data) as EventRow) });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* arrived.splice(0);
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
      for await (const row of rows(body)) {
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
