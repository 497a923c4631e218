// Fetching artefacts from the other organisations' gateways. None of them is believed: bytes are kept only if they hash to
// the content id that was asked for, and whoever serves others is skipped (as helia's trustless gateway broker does).

import { Agent, request, type Dispatcher } from 'undici';
import type { Logger } from 'pino';
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

/** Brings artefacts that the own store lacks. */
export class ArtefactFetcher {
  readonly #store: ArtefactStore;
  readonly #siblings: readonly Sibling[];
  readonly #log: Logger;
  /** fetches under way: everyone who asks for the same artefact meanwhile shares one */
  readonly #flights = new Map<string, Promise<boolean>>();

  constructor(store: ArtefactStore, siblings: readonly Sibling[], log: Logger) {
    this.#store = store;
    this.#siblings = siblings;
    this.#log = log;
  }

  /** Fetches, verifies and keeps an artefact; false where no sibling that was reached has it. */
  async fetch(cid: string): Promise<boolean> {
    const flying = this.#flights.get(cid);
    if (flying !== undefined) return flying;
    const flight = this.#ask(cid).finally(() => this.#flights.delete(cid));
    this.#flights.set(cid, flight);
    return flight;
  }

  async #ask(cid: string): Promise<boolean> {
    for (const sibling of this.#siblings) {
      try {
        if (await this.#take(sibling, cid)) return true;
      } catch (error) {
        // a liar or a broken link: the next sibling may have it, and the answer is unknown only when none has
        this.#log.warn({ err: error, cid, sibling: sibling.organisation }, 'sibling failed to serve an artefact');
      }
    }
    return false;
  }

  async #take({ url, dispatcher }: Sibling, cid: string): Promise<boolean> {
    // local=true: a sibling that lacks it must not ask us in turn
    const { statusCode, headers, body } = await request(`${url}/v1/artefacts/${cid}?local=true`, { dispatcher });
    if (statusCode !== 200) {
      await body.dump();
      if (statusCode === 404) return false;
      throw new Error(`answered ${statusCode}`);
    }
    try {
      this.#store.verifySize(Number(headers['content-length'] ?? 0));
      await this.#store.put(cid, body as AsyncIterable<Uint8Array>);
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
