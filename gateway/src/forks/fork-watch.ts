// Looking for forks: every so many blocks a gateway signs what it saw, asks the other organisations' gateways what they saw
// at the same height, and keeps both statements where they differ. It alarms and decides nothing: a lying gateway must not
// be able to stop the others.

import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import {
  isMusterError,
  openCheckpoint,
  sealCheckpoint,
  type Checkpoint,
  type SignedCheckpoint,
} from '@muster/protocol';
import { pause } from '../clock.ts';
import type { Meters } from '../metrics.ts';
import type { LedgerBlock } from '../ports.ts';
import type { CheckpointStore } from './checkpoint-store.ts';

/** Another organisation's gateway, as far as forks go. */
export interface Witness {
  readonly organisation: string;
  /** its checkpoints from a block on, oldest first */
  checkpoints(from: number): Promise<readonly SignedCheckpoint[]>;
}

export interface ForkWatchParts {
  readonly organisation: string;
  readonly channel: string;
  readonly identity: { readonly privateKey: KeyObject; readonly certificate: string };
  readonly witnesses: readonly Witness[];
  /** PEM roots that an organisation pinned on the ledger */
  readonly rootsOf: (organisation: string) => readonly string[];
  readonly store: CheckpointStore;
  readonly meters: Meters;
  readonly log: Logger;
  /** blocks between two checkpoints */
  readonly every: number;
  /** milliseconds between two comparisons */
  readonly intervalMs: number;
}

export class ForkWatch {
  readonly store: CheckpointStore;
  readonly #parts: ForkWatchParts;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  /** checkpoints of others that were not here yet when they were told of, and when that was; milliseconds, monotonic */
  readonly #ahead = new Map<string, { readonly block: number; readonly at: number }>();
  #newest = 0;
  #running: Promise<void> | undefined;

  constructor(parts: ForkWatchParts) {
    this.#parts = parts;
    this.store = parts.store;
    parts.meters.watchForks(() => parts.store.forks().length);
  }

  /** What a person should know; undefined while all agree. */
  get notice(): string | undefined {
    const forks = this.#parts.store.forks();
    const [first] = forks;
    if (first === undefined) return undefined;
    return `${forks.length} checkpoints differ: ${first.organisation} states another block ${first.block} (muster audit forks)`;
  }

  /**
   * Why what is shown here is old; undefined while it is not. More than half of the others must have had a block for as long as
   * from one comparison to the next, so that no lying gateway makes this one useless.
   */
  get lag(): string | undefined {
    const { witnesses, intervalMs } = this.#parts;
    const before = performance.now() - intervalMs;
    const ahead = [...this.#ahead.values()].filter(({ block, at }) => block > this.#newest && at <= before);
    if (ahead.length === 0 || ahead.length * 2 <= witnesses.length) return undefined;
    const block = Math.min(...ahead.map((each) => each.block));
    return `at block ${this.#newest}, ${ahead.length} of ${witnesses.length} others have had ${block} for ${intervalMs / 1000} s`;
  }

  /** Calls back whenever a fork was found and is kept. @returns how to be left alone again */
  onFork(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Signs what was seen, at the agreed heights. */
  took({ number, seen }: LedgerBlock): void {
    const { every, organisation, channel, identity, store } = this.#parts;
    this.#newest = Math.max(this.#newest, number);
    if (seen === undefined || number === 0 || number % every !== 0 || store.own(number) !== undefined) return;
    const checkpoint: Checkpoint = { v: 1, organisation, channel, block: number, ...seen, iat: Date.now() };
    store.keep(number, sealCheckpoint(checkpoint, identity.privateKey, identity.certificate));
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    await pause(this.#parts.intervalMs, signal);
    while (!signal.aborted) {
      await this.compare();
      await pause(this.#parts.intervalMs, signal);
    }
  }

  /** Compares with every witness once; one that cannot be asked is asked again next time. */
  async compare(): Promise<void> {
    await Promise.all(
      this.#parts.witnesses.map(async (witness) => {
        try {
          await this.#compareWith(witness);
        } catch (error) {
          this.#parts.log.debug(
            { err: error, organisation: witness.organisation },
            'checkpoints could not be compared',
          );
        }
      }),
    );
  }

  async #compareWith(witness: Witness): Promise<void> {
    const { store } = this.#parts;
    const from = store.comparedWith(witness.organisation) + 1;
    for (const theirs of await witness.checkpoints(from)) {
      const stated = this.#open(witness, theirs);
      const ours = stated && store.own(stated.block);
      if (stated === undefined) continue;
      // not seen here yet: it is compared once it is
      if (ours === undefined) {
        this.#noteAhead(witness.organisation, stated.block);
        return;
      }
      this.#judge(witness.organisation, stated, ours, theirs);
      store.compared(witness.organisation, stated.block);
    }
  }

  #noteAhead(organisation: string, block: number): void {
    const known = this.#ahead.get(organisation);
    if (known?.block !== block) this.#ahead.set(organisation, { block, at: performance.now() });
  }

  /** What is not properly signed by the witness is no statement of its: told, and not kept. */
  #open({ organisation }: Witness, theirs: SignedCheckpoint): Checkpoint | undefined {
    const { rootsOf, channel, log } = this.#parts;
    try {
      const stated = openCheckpoint(theirs, rootsOf(organisation));
      return stated.organisation === organisation && stated.channel === channel ? stated : undefined;
    } catch (error) {
      if (!isMusterError(error)) throw error;
      log.warn({ code: error.code, organisation }, 'a checkpoint does not hold');
      return undefined;
    }
  }

  #judge(organisation: string, stated: Checkpoint, ours: SignedCheckpoint, theirs: SignedCheckpoint): void {
    const { rootsOf, store, log } = this.#parts;
    const own = openCheckpoint(ours, rootsOf(this.#parts.organisation));
    if (own.hash === stated.hash && own.commitHash === stated.commitHash) return;
    store.keepFork({ organisation, block: stated.block, ours, theirs });
    log.error(
      { organisation, block: stated.block, ours: own, theirs: stated },
      'FORK: another organisation states another ledger',
    );
    for (const listener of this.#listeners) listener();
  }
}
