// Every model that the ledger shows, computed again from the updates that it shows; and every attestation beside what was committed to.

import { createArtefactSource, verifyArtefact, type FetchArtefact, type Gateway } from '@muster/edge-agent';
import { createTally } from '../../edge-agent/src/validator/tally.ts';
import type { Projection } from '../../gateway/src/projection/projection.ts';
import { Reads } from '../../gateway/src/projection/reads.ts';

/** @throws Error where an organisation showed another attestation than it had committed to */
function verifySealed({ attestations, commitments = [] }: NonNullable<ReturnType<Reads['round']>>): void {
  const sealed = new Set(commitments.filter(({ of }) => of === 'attestation').map(({ by }) => by.split('/')[0]));
  const other = attestations.find(({ organisation, independent }) => sealed.has(organisation) && independent !== true);
  if (other !== undefined) throw new Error(`${other.organisation} showed another attestation than it had committed to`);
}

export class Models {
  readonly #reads: Reads;
  readonly #projection: Projection;
  readonly #artefact: FetchArtefact;
  readonly #verified = new Set<string>();

  constructor(projection: Projection, gateway: Gateway) {
    this.#projection = projection;
    this.#reads = new Reads(projection.database);
    this.#artefact = createArtefactSource(gateway);
  }

  /** How many models were computed again so far. */
  get verified(): number {
    return this.#verified.size;
  }

  /**
   * Recomputes the models of the rounds that were finalised since.
   * @returns what does not hold, a sentence each
   */
  async verify(): Promise<string[]> {
    const rows = this.#projection.database.prepare(`SELECT job, round FROM rounds WHERE phase = 'finalised'`).all();
    const wrong: string[] = [];
    for (const { job, round } of rows as unknown as { job: string; round: number }[]) {
      const name = `round ${round} of job ${job}`;
      if (this.#verified.has(name)) continue;
      try {
        await this.#verifyRound(job, round);
        this.#verified.add(name);
      } catch (error) {
        wrong.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return wrong;
  }

  async #verifyRound(id: string, number: number): Promise<void> {
    const view = this.#reads.round(id, number);
    const { job } = this.#reads.job(id) ?? {};
    if (view === undefined || job === undefined) throw new Error('is not in the projection');
    const { round, updates, attestations } = view;
    const { model, attestedBy = [] } = round;
    const agreed = attestations.find(({ organisation }) => attestedBy.includes(organisation));
    if (model === undefined || agreed === undefined) throw new Error('has no model or no attestation');
    verifySealed(view);
    const tally = createTally(job.terms, number, {
      base: await this.#artefact(round.base),
      carry: round.baseCarry && (await this.#artefact(round.baseCarry)),
    });
    const left = new Set(agreed.excluded.map(({ by }) => by));
    const accepted = updates.filter(({ by }) => !left.has(by));
    const files = new Map<string, Uint8Array>();
    for (const { update } of accepted) {
      // many state the same bytes
      if (!files.has(update.cid)) files.set(update.cid, await this.#artefact(update));
    }
    for (const record of accepted) tally.add(record, files.get(record.update.cid) ?? new Uint8Array());
    verifyArtefact(model, tally.finish().model);
  }
}
