// Sealed attestations: made and committed to before any is shown. What is stated stays on this disk until its round is revealed,
// so that nobody can take it for its own, and a validator that is killed shows the very envelope that it committed to.

import { cidOf, digestOf, readStatement, seal, type Artefact, type Unsealed } from '@muster/protocol';
import { recordEnvelope, type Gateway, type Member, type RecordOptions } from '../client/index.ts';
import { openHeld, type Held, type HeldEnvelope } from '../outbox/index.ts';
import type { JobSight } from '../watch/index.ts';

/** An attestation that was shown, with the bytes of what it states, by content id. */
export interface Shown {
  readonly statement: Unsealed<'round.attest'>;
  readonly made: ReadonlyMap<string, Uint8Array>;
  /** what making it took, where it was made now */
  readonly seconds?: object;
  /** how long recording it took */
  readonly ms: number;
}

/** What bytes are called in any store, without putting them into one. */
export function describe(bytes: Uint8Array): Promise<Artefact> {
  return Promise.resolve({ cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length });
}

/** From when an attestation that lacks bytes is better committed to than none: the middle of the window for commitments. */
export function patienceOf({ closedAt = 0, attestationCommitsUntil = closedAt }: JobSight['round']): number {
  return (closedAt + attestationCommitsUntil) / 2;
}

export class SealedAttestations {
  private readonly held: Held;
  private readonly member: Member;

  private constructor(held: Held, member: Member) {
    this.held = held;
    this.member = member;
  }

  /** Opens a folder, with what an earlier process left in it. */
  static async open(folder: string, member: Member): Promise<SealedAttestations> {
    return new SealedAttestations(await openHeld(folder, 'round.attest'), member);
  }

  find({ job, round }: JobSight): HeldEnvelope | undefined {
    return this.held.find(job.job, round.round);
  }

  /** Seals an attestation and keeps it. @throws ERR_STORAGE_FULL */
  keep(statement: Unsealed<'round.attest'>, made: ReadonlyMap<string, Uint8Array>): Promise<HeldEnvelope> {
    const { aggregate, carry } = statement;
    // one file holds both: where the model ends is in the statement
    const parts = [aggregate, carry].map((artefact) => made.get(artefact?.cid ?? '') ?? new Uint8Array());
    return this.held.keep(seal('round.attest', statement, this.member.signer), Buffer.concat(parts));
  }

  /**
   * Shows what is held: bytes first, then the envelope that was committed to.
   * @throws what putting and recording throw; it is held until it is recorded
   */
  async show(held: HeldEnvelope, gateway: Gateway, options: RecordOptions): Promise<Shown> {
    const began = performance.now();
    const { statement } = readStatement('round.attest', held.envelope);
    const { aggregate, carry } = statement;
    const bytes = await this.held.read(held);
    const made = new Map([[aggregate.cid, bytes.subarray(0, aggregate.size)]]);
    if (carry !== undefined) made.set(carry.cid, bytes.subarray(aggregate.size));
    await Promise.all([...made.values()].map((each) => gateway.putArtefact(each)));
    await recordEnvelope(gateway, 'round.attest', held.envelope, options);
    await this.held.drop(held);
    return { statement, made, ms: performance.now() - began };
  }

  /** Drops what can no longer be shown: of a job's rounds before one, or of all where none is given. */
  dropBefore(job: string, round?: number): Promise<void> {
    return this.held.dropBefore(job, round);
  }
}
