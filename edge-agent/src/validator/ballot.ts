// A round in the validator's eyes: which recorded updates it could fetch and check, which not, and what model they make.

import {
  copiesAmong,
  COPIED,
  isMusterError,
  MusterError,
  type Artefact,
  type Code,
  type RootState,
  type Terms,
  type UpdateRecord,
} from '@muster/protocol';
import { createBackoff, type Gateway } from '../client/index.ts';
import type { TallyBase, TallyOutcome } from './tally.ts';
import type { RemoteTally, Tallies } from './tally-calls.ts';

/** Tries before an artefact counts as unavailable; each asks every gateway. */
const TRIES = 3;
/** Updates fetched at once. */
const LANES = 8;

export interface Exclusion {
  readonly by: string;
  readonly code: string;
}

/** Whether an update was left out for bytes that were in no store; they may turn up. */
export function isLacking({ code }: Exclusion): boolean {
  return code === 'ERR_ARTEFACT_UNKNOWN';
}

export interface BallotOptions {
  readonly terms: Terms;
  readonly round: number;
  readonly base: TallyBase;
  readonly gateway: Gateway;
  readonly tallies: Tallies;
  readonly signal: AbortSignal;
}

/** Puts bytes into a tally. */
type Add = (tally: RemoteTally, bytes: Uint8Array) => Promise<void>;

/** Whether what was decided on arrival is what the whole round's updates give. */
function isDecided(updates: readonly UpdateRecord[], excluded: readonly Exclusion[]): boolean {
  const copies = copiesAmong(updates);
  const taken = excluded.filter(({ code }) => code === COPIED);
  const overflows = excluded.some(({ code }) => code === 'ERR_AGGREGATE_OVERFLOW');
  return !overflows && taken.length === copies.size && taken.every(({ by }) => copies.has(by));
}

/** Updates of one round, taken as they are recorded. */
export class Ballot {
  private readonly options: BallotOptions;
  private tally: Promise<RemoteTally>;
  /** per agent: undefined once it is counted, else why not */
  private readonly fates = new Map<string, Promise<Code | undefined>>();
  /** the same per validator, of root updates */
  private readonly rootFates = new Map<string, Promise<Code | undefined>>();
  private readonly queue: (() => void)[] = [];
  private lanes = LANES;

  constructor(options: BallotOptions) {
    this.options = options;
    this.tally = this.open();
  }

  /** Begins to fetch and count what is new. */
  take(updates: readonly UpdateRecord[]): void {
    const copies = copiesAmong(updates);
    for (const record of updates) {
      if (this.fates.has(record.by)) continue;
      const fate = this.decide(record, copies);
      fate.catch(() => this.fates.delete(record.by)); // not decided: taken anew at the next look
      this.fates.set(record.by, fate);
    }
  }

  /**
   * Decides on all updates of the closed round.
   * @returns who was left out and why, in order of names
   * @throws ERR_GATEWAY_UNREACHABLE and the like, where nothing can be said yet
   */
  async exclusions(updates: readonly UpdateRecord[]): Promise<Exclusion[]> {
    this.take(updates);
    const excluded = await this.decided(updates);
    // Sums that no longer fit, and who seemed first, depend on the order of arrival; counted again in the order of names nothing does.
    if (isDecided(updates, excluded)) return excluded;
    await this.countInOrder(updates);
    return this.decided(updates);
  }

  /**
   * Decides on all root updates of the closed round, after {@link exclusions}.
   * @returns as that does
   */
  async rootExclusions(roots: readonly RootState[]): Promise<Exclusion[]> {
    this.takeRoots(roots);
    return this.decided(roots, this.rootFates);
  }

  /** Begins to fetch and count root updates that are new. */
  takeRoots(roots: readonly RootState[]): void {
    for (const { by, update } of roots) {
      if (this.rootFates.has(by)) continue;
      const fate = this.count(update, (tally, bytes) => tally.addRoot({ update }, bytes));
      fate.catch(() => this.rootFates.delete(by));
      this.rootFates.set(by, fate);
    }
  }

  /** Forgets that updates were unavailable, so that they are fetched anew. @returns whether there were any */
  async retryUnavailable(updates: readonly UpdateRecord[], roots: readonly RootState[] = []): Promise<boolean> {
    const missing = (await this.decided(updates)).filter(isLacking);
    for (const { by } of missing) this.fates.delete(by);
    const missed = (await this.decided(roots, this.rootFates)).filter(isLacking);
    for (const { by } of missed) this.rootFates.delete(by);
    return missing.length + missed.length > 0;
  }

  /** What was counted makes. @throws ERR_QUORUM_SHORT */
  async finish(): Promise<TallyOutcome> {
    return (await this.tally).finish();
  }

  /** The model by which a counted update is scored; the job has scores. */
  async candidate(by: string): Promise<Uint8Array> {
    return (await this.tally).candidate(by);
  }

  /** The round's base model. */
  get base(): Uint8Array {
    return this.options.base.base;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.fates.values(), ...this.rootFates.values()]);
    const [tally] = await Promise.allSettled([this.tally]);
    if (tally.status === 'fulfilled') await tally.value.forget();
  }

  private open(): Promise<RemoteTally> {
    const { tallies, terms, round, base } = this.options;
    const tally = tallies.open(terms, round, base);
    tally.catch(() => undefined); // told where it is awaited
    return tally;
  }

  private async decided(
    updates: readonly { readonly by: string }[],
    among: ReadonlyMap<string, Promise<Code | undefined>> = this.fates,
  ): Promise<Exclusion[]> {
    const fates = await Promise.all(updates.map(async ({ by }) => among.get(by)));
    return updates.flatMap(({ by }, i) => {
      const code = fates[i];
      return code === undefined ? [] : [{ by, code }];
    });
  }

  private decide(record: UpdateRecord, copies: ReadonlyMap<string, string>): Promise<Code | undefined> {
    if (copies.has(record.by)) return Promise.resolve(COPIED);
    return this.count(record.update, (tally, bytes) => tally.add(record, bytes));
  }

  private async count(update: Artefact, add: Add): Promise<Code | undefined> {
    await this.enterLane();
    try {
      const bytes = await this.fetch(update);
      if (bytes === undefined) return 'ERR_ARTEFACT_UNKNOWN';
      return await this.offer(bytes, add);
    } finally {
      this.leaveLane();
    }
  }

  private async offer(bytes: Uint8Array, add: Add): Promise<Code | undefined> {
    const tally = await this.tally;
    try {
      await add(tally, bytes);
      return undefined;
    } catch (error) {
      // a refusal is the update's own fault and the same for everyone
      if (isMusterError(error) && error.family === 'refused') return error.code;
      throw error;
    }
  }

  private async fetch({ cid }: Artefact): Promise<Uint8Array | undefined> {
    const { gateway, signal } = this.options;
    const backoff = createBackoff(200, 2000);
    for (let tries = 1; ; tries++) {
      try {
        return await gateway.getArtefact(cid);
      } catch (error) {
        const unavailable =
          isMusterError(error, 'ERR_ARTEFACT_UNKNOWN') || isMusterError(error, 'ERR_ARTEFACT_MISMATCH');
        if (!unavailable) throw error;
        if (tries >= TRIES) return undefined;
      }
      await backoff.wait(signal);
      if (signal.aborted) {
        throw new MusterError('ERR_WAIT_EXPIRED', { waitedFor: cid, seconds: 0, last: 'stopped' });
      }
    }
  }

  private async countInOrder(updates: readonly UpdateRecord[]): Promise<void> {
    const before = await this.tally;
    // none may be on its way into the tally that comes
    await Promise.allSettled(this.rootFates.values());
    await before.forget();
    this.tally = this.open();
    this.rootFates.clear();
    const copies = copiesAmong(updates);
    for (const record of updates) {
      const fate = this.decide(record, copies);
      this.fates.set(record.by, fate);
      await fate;
    }
  }

  private async enterLane(): Promise<void> {
    if (this.lanes > 0) {
      this.lanes--;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.queue.push(() => resolve(undefined));
    await promise;
  }

  private leaveLane(): void {
    const next = this.queue.shift();
    if (next === undefined) this.lanes++;
    else next();
  }
}
