// What becomes of an organisation's own attestation of a round: made, committed to where the job asks for that, shown, made anew.

import { splitSignatory } from '@muster/protocol';
import { recordAct, type Gateway, type RecordOptions } from '../client/index.ts';
import type { JobSight, Log } from '../watch/index.ts';
import { attest, type Attestation, type AttestOptions } from './attest.ts';
import { isLacking, type Ballot } from './ballot.ts';
import type { Deed } from './next-deed.ts';
import { describe, patienceOf, type SealedAttestations, type Shown } from './sealed-attestations.ts';
import { tellAttestation } from './tell-attestation.ts';

/** What this process knows of its own attestation of a round, beyond the ledger. */
export interface OwnAttestation {
  readonly ballot: Ballot;
  /** whether the commitment to it is recorded */
  committed?: true;
  /** whether the one recorded last left out what was in no store */
  attested?: { readonly unavailable: boolean };
  /** bytes that this process computed, by content id */
  made: ReadonlyMap<string, Uint8Array>;
}

export interface AttesterOptions extends Omit<AttestOptions, 'store'> {
  readonly gateway: Gateway;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** how long recording is tried */
  readonly recordMs: number;
}

export class Attester {
  private readonly options: AttesterOptions;
  private readonly sealed: SealedAttestations;

  constructor(options: AttesterOptions, sealed: SealedAttestations) {
    this.options = options;
    this.sealed = sealed;
  }

  /** Whether what is to be done is done already, only not projected yet, or better waits for bytes that may turn up. */
  async isBehind(sight: JobSight, own: OwnAttestation, { kind }: Deed): Promise<boolean> {
    if (kind === 'attest') return own.attested !== undefined;
    if (kind !== 'commit') return false;
    if (own.committed === true) return true;
    if (this.sealed.find(sight) !== undefined || Date.now() >= patienceOf(sight.round)) return false;
    // what is committed to stays: later it could be replaced, and would not be independent
    return this.lacksBytes(sight, own);
  }

  /** An attestation that left out what could not be fetched is made again once it can. */
  async mayAttestAnew(sight: JobSight, own: OwnAttestation): Promise<boolean> {
    if (sight.round.phase !== 'closed' || own.attested?.unavailable !== true) return false;
    return !(await this.lacksBytes(sight, own));
  }

  /** Asks once more for what could not be fetched. @returns whether something still cannot */
  private async lacksBytes({ updates, roots = [] }: JobSight, { ballot }: OwnAttestation): Promise<boolean> {
    await ballot.retryUnavailable(updates, roots);
    ballot.take(updates);
    return [...(await ballot.exclusions(updates)), ...(await ballot.rootExclusions(roots))].some(isLacking);
  }

  /** Commits to an attestation that nobody sees yet; one that an earlier process sealed is committed to again. */
  async commit(sight: JobSight, own: OwnAttestation): Promise<void> {
    const { member, gateway, signal, recordMs } = this.options;
    let held = this.sealed.find(sight);
    if (held === undefined) {
      const { statement, made } = await this.make('sealed', sight, own, describe);
      held = await this.sealed.keep(statement, made);
    }
    const { commitment } = held;
    const at = { job: sight.job.job, round: sight.round.round };
    const statement = { v: 1, iat: Date.now(), by: member.by, ...at, of: 'attestation', commitment };
    await recordAct(gateway, 'round.commit', statement, member.signer, { timeoutMs: recordMs, signal });
    own.committed = true;
  }

  async attest(sight: JobSight, own: OwnAttestation): Promise<void> {
    const { log, gateway, signal, recordMs } = this.options;
    const at = { job: sight.job.job, round: sight.round.round };
    const held = this.sealed.find(sight);
    if (held === undefined && own.attested === undefined && this.hasCommitted(sight)) {
      // another than what was committed to would be refused
      own.attested = { unavailable: false };
      log.warn(at, 'what was committed to is not held: it was shown, or is lost');
      return;
    }
    const limits = { timeoutMs: recordMs, signal };
    const { statement, made, seconds, ms } =
      held === undefined ? await this.attestNow(sight, own, limits) : await this.sealed.show(held, gateway, limits);
    own.made = made;
    const { excluded, rootUpdates } = statement;
    own.attested = { unavailable: [...excluded, ...(rootUpdates?.excluded ?? [])].some(isLacking) };
    tellAttestation(log, statement, ms, seconds);
  }

  /** Makes an attestation, and tells where it has no scores though the job asks for them. */
  private async make(
    done: 'sealed' | 'attested',
    sight: JobSight,
    { ballot }: OwnAttestation,
    store: AttestOptions['store'],
  ): Promise<Attestation> {
    const attested = await attest(sight, ballot, { ...this.options, store });
    const { job, round } = attested.statement;
    if (attested.silent !== undefined) {
      this.options.log.warn({ job, round, reason: attested.silent }, `${done} without scores`);
    }
    return attested;
  }

  private async attestNow(sight: JobSight, own: OwnAttestation, limits: RecordOptions): Promise<Shown> {
    const { gateway, member } = this.options;
    const store: AttestOptions['store'] = (bytes) => gateway.putArtefact(bytes);
    const { statement, made, seconds } = await this.make('attested', sight, own, store);
    const began = performance.now();
    await recordAct(gateway, 'round.attest', statement, member.signer, limits);
    return { statement, made, seconds, ms: performance.now() - began };
  }

  /** Whether this organisation has committed to an attestation of the round. */
  private hasCommitted({ commitments = [] }: JobSight): boolean {
    const { organisation } = this.options.member;
    return commitments.some(({ of, by }) => of === 'attestation' && splitSignatory(by).organisation === organisation);
  }

  /** Drops what can no longer be shown: of a job's rounds before one, or of all where none is given. */
  dropBefore(job: string, round?: number): Promise<void> {
    return this.sealed.dropBefore(job, round);
  }
}
