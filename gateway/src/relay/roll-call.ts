// The roll call: whose peers endorse. A peer asks the organisations that it likes, and waits long for one that takes the call and
// never answers. So where an endorsement is slow, each organisation is asked by itself; those that gave no answer are left out for a
// while, and where the statement names one of them, whoever made it is told, since others can be named instead.

import type { Logger } from 'pino';
import { isMusterError, MusterError } from '@muster/protocol';
import { within } from '../clock.ts';
import type { Call, Endorsed, Ledger } from '../ports.ts';
import { SilentOrganisations } from './silent-organisations.ts';

/** How long to wait, milliseconds. */
export interface Patience {
  /** for an endorsement, until each organisation is asked by itself; more where endorsements take long anyway */
  readonly slowMs: number;
  /** for the last to answer, once most have; more where those took long */
  readonly lateMs: number;
  /** for most to answer */
  readonly mostMs: number;
  /** for an endorsement that everybody who was asked little seems able to give, until all are asked for it itself */
  readonly stalledMs: number;
  /** until all are asked again, where all had answered: slowness has other reasons then */
  readonly againMs: number;
}

const PATIENCE: Patience = { slowMs: 1_000, lateMs: 1_000, mostMs: 10_000, stalledMs: 5_000, againMs: 30_000 };
/** An endorsement that takes so many times as long as they do on average is slow. */
const SLOW = 4;
/** What was heard so long ago still holds. */
const RECENT_MS = 3_000;
/** Costs a peer and its chaincode next to nothing, whoever is asked for. */
const probe = (organisation: string): Call => ({ function: 'consortium:organisation', args: [organisation] });

export interface RollCallParts {
  readonly ledger: Pick<Ledger, 'endorse'>;
  /** those of the consortium */
  readonly organisations: () => readonly string[];
  readonly log: Logger;
  readonly patience?: Patience;
}

const isUnreachable = (error: unknown): boolean => isMusterError(error) && error.family === 'unreachable';

/** A promise's end, whichever it is. */
const settled = (promise: Promise<unknown>): Promise<true> =>
  promise.then(
    () => true,
    () => true,
  );

export class RollCall {
  readonly #parts: RollCallParts;
  readonly #patience: Patience;
  readonly #silent = new SilentOrganisations();
  /** what endorsements take that nobody was silent for, milliseconds */
  #meanMs = 0;
  #asking: Promise<readonly string[]> | undefined;
  #asked: { readonly at: number; readonly silent: readonly string[] } | undefined;

  constructor(parts: RollCallParts) {
    this.#parts = parts;
    this.#patience = parts.patience ?? PATIENCE;
  }

  /**
   * Asks peers to endorse, as {@link Ledger.endorse} does, without those that are known to be silent.
   * @throws ERR_ENDORSER_SILENT where the call names organisations that do not answer, and what endorsing throws
   */
  async endorse(call: Call): Promise<Endorsed> {
    if (call.endorsers !== undefined) return this.#named(call, call.endorsers);
    const answering = call.anyone === true ? undefined : this.#answering();
    if (answering === undefined) return this.#anyone(call);
    const chosen = this.#choose(call, answering);
    // one more that falls silent must not hold this up either
    if (!(await this.#inTime(chosen))) return this.#anyone(call);
    try {
      return await chosen;
    } catch (error) {
      // one that lags or lies spoils a choice that has no alternatives; the peer tries them all
      if (!isUnreachable(error)) throw error;
      return this.#anyone(call);
    }
  }

  async #named(call: Call, named: readonly string[]): Promise<Endorsed> {
    const asked = this.#parts.ledger.endorse(call);
    try {
      if (await this.#inTime(asked)) return await asked;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
    const silent = await this.#unlessSooner(asked, () => this.#call(call, asked));
    const missing = named.filter((organisation) => silent.includes(organisation));
    if (missing.length > 0) throw new MusterError('ERR_ENDORSER_SILENT', { organisations: missing });
    return asked;
  }

  /** The peer chooses; while it waits for one that is silent, those that answer are asked. */
  async #anyone(call: Call): Promise<Endorsed> {
    const began = performance.now();
    const asked = this.#parts.ledger.endorse(call);
    const isSlow = !(await this.#inTime(asked));
    const silent = isSlow ? await this.#unlessSooner(asked, () => this.#call(call, asked)) : [];
    const answering = silent.length === 0 ? undefined : this.#answering();
    if (answering === undefined) {
      const endorsed = await asked;
      this.#meanMs += (performance.now() - began - this.#meanMs) / 8;
      return endorsed;
    }
    const chosen = this.#choose(call, answering).catch((error: unknown) => {
      if (!isUnreachable(error)) throw error;
      return asked;
    });
    return Promise.race([asked, chosen]);
  }

  async #choose(call: Call, organisations: readonly string[]): Promise<Endorsed> {
    const endorsed = await this.#parts.ledger.endorse({ ...call, endorsers: organisations, chosen: true });
    return { ...endorsed, chosen: true };
  }

  async #inTime(asked: Promise<unknown>): Promise<boolean> {
    const ms = Math.max(this.#patience.slowMs, SLOW * this.#meanMs);
    return (await within(settled(asked), ms)) === true;
  }

  /** Who is silent; nobody, where the endorsement comes before that is known. */
  #unlessSooner(asked: Promise<unknown>, call: () => Promise<readonly string[]>): Promise<readonly string[]> {
    const endorsed = new Promise<readonly string[]>((resolve) => {
      asked.then(
        () => resolve([]),
        () => undefined,
      );
    });
    return Promise.race([endorsed, call()]);
  }

  /** Everybody but the silent, as long as that is most of the consortium; undefined where nobody need be left out. */
  #answering(): readonly string[] | undefined {
    const all = this.#parts.organisations();
    const answering = all.filter((organisation) => !this.#silent.has(organisation));
    return answering.length === all.length || answering.length * 2 <= all.length ? undefined : answering;
  }

  /** Asks each organisation by itself, once for all who want to know. @returns who gave no answer */
  async #call(call: Call, asked: Promise<unknown>): Promise<readonly string[]> {
    const { at, silent } = this.#asked ?? { at: -Infinity, silent: [] };
    const holdsMs = silent.length === 0 && call.endorsers === undefined ? this.#patience.againMs : RECENT_MS;
    if (performance.now() - at < holdsMs) return silent;
    this.#asking ??= this.#askEach(call, asked).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /**
   * Where nobody is silent, endorsements are slow because there is much to do: a whole transaction's envelopes, executed by
   * everybody once more, would make that worse. So little is asked first; one that answers that and nothing else is found later.
   */
  async #askEach(call: Call, asked: Promise<unknown>): Promise<readonly string[]> {
    let silent = call.endorsers === undefined ? await this.#silentFor(probe) : [];
    const isStalled = async () => (await within(settled(asked), this.#patience.stalledMs)) !== true;
    if (silent.length === 0 && (call.endorsers !== undefined || (await isStalled()))) {
      silent = await this.#silentFor(() => call);
    }
    this.#asked = { at: performance.now(), silent };
    for (const organisation of this.#parts.organisations()) {
      if (silent.includes(organisation)) this.#silent.add(organisation);
      else this.#silent.delete(organisation);
    }
    if (silent.length > 0) this.#parts.log.warn({ silent }, 'these organisations do not endorse, others are asked');
    return silent;
  }

  /** Asks each organisation for an endorsement. @returns who gave no answer */
  async #silentFor(callOf: (organisation: string) => Call): Promise<readonly string[]> {
    const { ledger, organisations } = this.#parts;
    const all = organisations();
    const began = performance.now();
    const answered = new Set<string>();
    const most = Promise.withResolvers<undefined>();
    const asks = all.map(async (organisation) => {
      try {
        await ledger.endorse({ ...callOf(organisation), endorsers: [organisation] });
      } catch (error) {
        // a refusal is an answer
        if (isUnreachable(error)) return;
      }
      answered.add(organisation);
      if (answered.size * 2 > all.length) most.resolve(undefined);
    });
    const everybody = Promise.all(asks);
    await within(Promise.race([everybody, most.promise]), this.#patience.mostMs);
    await within(everybody, Math.max(this.#patience.lateMs, performance.now() - began));
    return all.filter((organisation) => !answered.has(organisation));
  }
}
