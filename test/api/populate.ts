// What there is to read at a gateway under test: a job whose round is open, and one whose round had all that a round can have.

import { digestOf, type Act, type Claims } from '@muster/protocol';
import type { RealConsortium } from '../support/real-consortium.ts';
import { syntheticShard } from '../support/rehearsal/rehearsal.ts';

const AGENT = 'army/agent-1';
const VALIDATOR = 'army/validator';
/** MNIST's, which the consortium's model takes. */
const SIDE = 28;

async function record(consortium: RealConsortium, act: Act, by: string, claims: Claims | string): Promise<void> {
  const envelope = typeof claims === 'string' ? claims : await consortium.sealed(act, by, claims);
  const outcome = await consortium.handIn(act, envelope, by);
  if (outcome !== 'recorded') throw new Error(`${act} of ${by}: ${outcome}`);
}

async function openRound(consortium: RealConsortium): Promise<void> {
  const job = await consortium.openJob('open', { agents: 2 });
  await record(consortium, 'round.update', AGENT, consortium.update(job));
}

/** Root data, sealed attestations, scores, a model and reputations. */
async function settledRound(consortium: RealConsortium): Promise<void> {
  const { data: rootData } = await syntheticShard('root', 20, SIDE);
  const job = await consortium.openJob('settled', {
    ...{ agents: 1, participation: { minimum: 1 }, rule: { name: 'fltrust', options: {} }, rootData },
    ...{ scores: { method: 'loss-difference', examples: 10 }, commitments: { attestationsMs: 600_000 } },
  });
  const { base } = job.terms;
  const of = { job: job.job, round: 1 };
  const validators = consortium.organisations.map((organisation) => `${organisation}/validator`);
  const root = { ...of, base: base.digest, update: base, metrics: { lossMicro: 1 } };
  for (const by of validators) await record(consortium, 'round.root', by, root);
  await record(consortium, 'round.update', AGENT, consortium.update(job));
  await record(consortium, 'round.close', VALIDATOR, of);
  const attestation = await consortium.attestation(job, base);
  const { gateway } = await consortium.member(VALIDATOR);
  const { round } = await consortium.shown(
    'the count of root updates',
    () => gateway.round(job.job, 1),
    (view) => view.round.rootUpdates !== undefined,
  );
  const claims = { ...attestation, scores: [1], rootUpdates: { ...round.rootUpdates, excluded: [] } };
  const sealed = await Promise.all(
    validators.map(async (by) => [by, await consortium.sealed('round.attest', by, claims)] as const),
  );
  for (const [by, envelope] of sealed) {
    await record(consortium, 'round.commit', by, { ...of, of: 'attestation', commitment: digestOf(envelope) });
  }
  await record(consortium, 'round.reveal', VALIDATOR, { ...of, of: 'attestation' });
  for (const [by, envelope] of sealed) await record(consortium, 'round.attest', by, envelope);
  const finalisation = { ...of, aggregate: base.digest, organisations: consortium.organisations.toSorted() };
  await record(consortium, 'round.finalise', VALIDATOR, finalisation);
  await record(consortium, 'round.settle', VALIDATOR, { ...of, organisation: 'army' });
}

/** Opens and ends rounds, so that every route has something to tell. @throws Error naming the act that was refused */
export async function populate(consortium: RealConsortium): Promise<void> {
  await openRound(consortium);
  await settledRound(consortium);
}
