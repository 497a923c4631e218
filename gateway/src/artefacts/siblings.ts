// Fetching artefacts from the other organisations' gateways. None of them is believed: bytes are kept only if they hash to
// the content id that was asked for, and whoever serves others is skipped (as helia's trustless gateway broker does). Nor is any of
// them waited for long while another may have it.

import { Agent, request, type Dispatcher } from 'undici';
import type { Logger } from 'pino';
import { within } from '../clock.ts';
import type { ArtefactStore } from './store.ts';

/** Another organisation's gateway. */
export interface Sibling {
  readonly organisation: string;
  readonly url: string;
  readonly dispatcher: Dispatcher;
}

/** PEM texts of a mutual TLS connection to a sibling. */
export interface SiblingTls {
  /** the root its server certificate must chain to */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const CONNECT_MS = 3_000;
const SILENCE_MS = 30_000;

/** A sibling reached over mutual TLS with the relay's identity. */
export function connectSibling(organisation: string, url: string, tls: SiblingTls): Sibling {
  const dispatcher = new Agent({
    connect: { ...tls, timeout: CONNECT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    connections: 8,
  });
  return { organisation, url: url.replace(/\/+$/, ''), dispatcher };
}

/** How long a sibling may be slow before the next is asked beside it, milliseconds. */
const SLOW_MS = 2_000;
/** Less than so many bytes in that time is slow. */
const SLOW_BYTES = 32 * 1024;
/** A sibling that was slow or failed is asked last for so long, milliseconds. */
const LAST_MS = 30_000;

/** One sibling being asked for an artefact. */
interface Try {
  /** whether it brought the artefact */
  readonly ended: Promise<boolean>;
  /** how much has come so far */
  bytes: number;
}

/** Brings artefacts that the own store lacks. */
export class ArtefactFetcher {
  readonly #store: ArtefactStore;
  readonly #siblings: readonly Sibling[];
  readonly #log: Logger;
  readonly #slowMs: number;
  /** fetches under way: everyone who asks for the same artefact meanwhile shares one */
  readonly #flights = new Map<string, Promise<boolean>>();
  /** until when siblings are asked last; milliseconds, monotonic */
  readonly #lastUntil = new Map<Sibling, number>();

  constructor(store: ArtefactStore, siblings: readonly Sibling[], log: Logger, slowMs = SLOW_MS) {
    this.#store = store;
    this.#siblings = siblings;
    this.#log = log;
    this.#slowMs = slowMs;
  }

  /** Fetches, verifies and keeps an artefact; false where no sibling that was reached has it. */
  async fetch(cid: string): Promise<boolean> {
    const flying = this.#flights.get(cid);
    if (flying !== undefined) return flying;
    const flight = this.#ask(cid).finally(() => this.#flights.delete(cid));
    this.#flights.set(cid, flight);
    return flight;
  }

  /** Asks one sibling after the other; beside one that is slow already the next, so that none can hold an artefact up. */
  async #ask(cid: string): Promise<boolean> {
    const enough = new AbortController();
    const found = Promise.withResolvers<true>();
    const tries: Try[] = [];
    try {
      for (const sibling of this.#inOrder()) {
        const one = this.#try(sibling, cid, enough.signal);
        tries.push(one);
        void one.ended.then((brought) => brought && found.resolve(true));
        const brought = await this.#whileItComes(one, found.promise);
        if (brought === true) return true;
        if (brought === undefined) this.#askLast(sibling);
      }
      const none = Promise.all(tries.map(({ ended }) => ended)).then((all) => all.includes(true));
      return await Promise.race([found.promise, none]);
    } finally {
      enough.abort();
    }
  }

  /** @returns whether the artefact is here, by this try or another; undefined once this one is slow */
  async #whileItComes(one: Try, found: Promise<true>): Promise<boolean | undefined> {
    for (let before = 0; ; before = one.bytes) {
      const brought = await within(Promise.race([found, one.ended]), this.#slowMs);
      if (brought !== undefined || one.bytes - before < SLOW_BYTES) return brought;
    }
  }

  #inOrder(): Sibling[] {
    const now = performance.now();
    const isLast = (sibling: Sibling): boolean => now < (this.#lastUntil.get(sibling) ?? 0);
    return [...this.#siblings.filter((sibling) => !isLast(sibling)), ...this.#siblings.filter(isLast)];
  }

  #askLast(sibling: Sibling): void {
    this.#lastUntil.set(sibling, performance.now() + LAST_MS);
  }

  #try(sibling: Sibling, cid: string, enough: AbortSignal): Try {
    const one = { bytes: 0, ended: Promise.resolve(false) };
    one.ended = this.#take(sibling, cid, enough, (bytes) => (one.bytes += bytes)).catch((error: unknown) => {
      if (enough.aborted) return false;
      // a liar or a broken link: another may have it, and the answer is unknown only when none has
      this.#askLast(sibling);
      this.#log.warn({ err: error, cid, sibling: sibling.organisation }, 'sibling failed to serve an artefact');
      return false;
    });
    return one;
  }

  async #take(
    { url, dispatcher }: Sibling,
    cid: string,
    signal: AbortSignal,
    came: (bytes: number) => void,
  ): Promise<boolean> {
    // local=true: a sibling that lacks it must not ask us in turn
    const asked = { dispatcher, signal };
    const { statusCode, headers, body } = await request(`${url}/v1/artefacts/${cid}?local=true`, asked);
    if (statusCode !== 200) {
      await body.dump();
      if (statusCode === 404) return false;
      throw new Error(`answered ${statusCode}`);
    }
    try {
      this.#store.verifySize(Number(headers['content-length'] ?? 0));
      await this.#store.put(cid, counted(body as AsyncIterable<Uint8Array>, came));
    } catch (error) {
      body.destroy();
      throw error;
    }
    return true;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all(this.#siblings.map(({ dispatcher }) => dispatcher.destroy()));
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, came: (bytes: number) => void): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    came(chunk.length);
    yield chunk;
  }
}
