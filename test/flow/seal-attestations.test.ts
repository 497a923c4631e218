// Attestations that are committed to, through the chaincode: whoever does not recompute has nothing to copy in time, and is named.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { openEnvelopeUnsafe } from '../../protocol/src/envelope/envelope.ts';
import { keys } from '../../protocol/src/ledger/keys.ts';
import type { AttestationState } from '../../protocol/src/ledger/state.ts';
import type { Verdict } from '../../protocol/src/round/record.ts';
import { createClosedWorld } from './create-world.ts';
import { AGGREGATE, artefactOf, ORGANISATIONS } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
const codes = (verdicts: readonly Verdict[]): string[] => verdicts.map((v) => (v.ok ? 'ok' : v.error.code));
const codeOf = async (call: Promise<unknown>): Promise<string> => (await refusalOf(call)).code;
const round = (number = 1) => world.stored(keys.round(world.job, number));

/** The commitment of an organisation's validator to a sealed attestation. */
const commitmentOf = (organisation: string, envelope: string): string =>
  world.commitment(world.party(organisation).validator, envelope, { of: 'attestation' });

/** Organisations seal attestations and commit to them; nobody else sees those. */
async function commitTo(...organisations: readonly string[]): Promise<string[]> {
  const sealed = organisations.map((organisation) => world.attestation(organisation));
  const commitments = organisations.map((organisation, i) => commitmentOf(organisation, sealed[i]!));
  expect(codes(await world.commit(...commitments))).toEqual(organisations.map(() => 'ok'));
  return sealed;
}

const reveal = () => world.reveal({ of: 'attestation' });
const attest = (envelope: string) => world.call('rounds:attest', [envelope]);
const independence = (organisation: string): boolean | undefined =>
  world.stored(keys.attestation(world.job, 1, organisation))?.independent;

beforeEach(async () => {
  world = await createClosedWorld({ commitments: { attestationsMs: 30_000 } });
});

describe('a round whose attestations are committed to', () => {
  test('goes from commitments over attestations to a model that all made for themselves', async () => {
    const before = world.ledger.events.length;
    const sealed = await commitTo(...ORGANISATIONS);
    expect(await codeOf(attest(sealed[0]!))).toBe('ERR_ROUND_PHASE');
    await reveal();
    expect(round()).toMatchObject({
      phase: 'closed',
      committedBy: [...ORGANISATIONS],
      attestationsRevealedAt: world.at,
    });
    for (const envelope of sealed) await attest(envelope);
    expect(ORGANISATIONS.map(independence)).toEqual([true, true, true]);
    await world.finalise([...ORGANISATIONS]);
    expect(round()).toMatchObject({ phase: 'finalised', attestedBy: [...ORGANISATIONS], dependent: [] });
    expect(world.eventsSince(before)).toEqual([
      ...['round.committed', 'round.committed', 'round.committed', 'round.revealed'],
      ...['round.attested', 'round.attested', 'round.attested', 'round.finalised', 'round.opened'],
    ]);
  });

  test('shows its commitments to whoever asks for the round', async () => {
    await commitTo('army');
    const view = await world.call<{ commitments: object[] }>('rounds:get', [world.job, '1']);
    expect(view.commitments).toMatchObject([{ of: 'attestation', organisation: 'army', by: 'army/validator' }]);
  });

  test('goes on without an organisation that is silent', async () => {
    const sealed = await commitTo('army', 'navy');
    expect(await codeOf(reveal())).toBe('ERR_ROUND_EARLY');
    world.at += 30_000;
    await reveal();
    for (const envelope of sealed) await attest(envelope);
    await world.finalise(['army', 'navy']);
    expect(round()).toMatchObject({ attestedBy: ['army', 'navy'], dependent: [] });
  });

  test('is abandoned when too few commit', async () => {
    await commitTo('army');
    world.at += 30_001;
    expect(await codeOf(reveal())).toBe('ERR_QUORUM_SHORT');
    await world.abandon();
    expect(round(2)).toMatchObject({ phase: 'open' });
  });

  test('is not abandoned while it can be revealed', async () => {
    await commitTo('army', 'navy');
    world.at += 30_001;
    expect(await codeOf(world.abandon())).toBe('ERR_ROUND_PHASE');
  });
});

describe('an organisation that copies another’s digest', () => {
  /** What the copier reads off the ledger, stated again in its own name. */
  const copyOf = (envelope: string, organisation: string): string => {
    const { excluded, aggregate, evaluation } = openEnvelopeUnsafe(envelope).statement as unknown as AttestationState;
    return world.attestation(organisation, { excluded, aggregate, evaluation });
  };

  test('without a commitment is counted and named, its evidence on the ledger', async () => {
    const sealed = await commitTo('army', 'navy');
    world.at += 30_000;
    await reveal();
    for (const envelope of sealed) await attest(envelope);
    await attest(copyOf(sealed[0]!, 'airforce'));
    expect([independence('army'), independence('airforce')]).toEqual([true, false]);
    expect(world.stored(keys.attestationCommitment(world.job, 1, 'airforce'))).toBeUndefined();
    await world.finalise([...ORGANISATIONS]);
    expect(round()).toMatchObject({ committedBy: ['army', 'navy'], dependent: ['airforce'] });
  });

  test('does not make a quorum with the one it copied', async () => {
    const [army] = await commitTo('army', 'navy');
    world.at += 30_000;
    await reveal();
    await attest(army!);
    await attest(copyOf(army!, 'airforce'));
    const refusal = await refusalOf(world.finalise(['airforce', 'army']));
    expect(refusal).toMatchObject({ code: 'ERR_QUORUM_SHORT', details: { of: 'independent attestations', count: 1 } });
    world.at += 60_001;
    await world.abandon();
    expect(round()?.phase).toBe('abandoned');
  });

  test('cannot show the copy where it committed to something else', async () => {
    const [army] = await commitTo('army', 'navy');
    await world.commit(commitmentOf('airforce', 'anything to be among those who committed'));
    await reveal();
    await attest(army!);
    expect(await codeOf(attest(copyOf(army!, 'airforce')))).toBe('ERR_COMMITMENT_MISMATCH');
    expect(round()).toMatchObject({ committedBy: [...ORGANISATIONS] });
    expect(world.stored(keys.attestation(world.job, 1, 'airforce'))).toBeUndefined();
  });

  test('gains nothing from committing to another’s commitment', async () => {
    const [army] = await commitTo('army', 'navy');
    await world.commit(commitmentOf('airforce', army!));
    await reveal();
    await attest(army!);
    expect(await codeOf(attest(copyOf(army!, 'airforce')))).toBe('ERR_COMMITMENT_MISMATCH');
  });

  test('is named where it shows a guess first and replaces it by the copy', async () => {
    const [army, navy] = await commitTo('army', 'navy');
    const guess = world.attestation('airforce', { aggregate: artefactOf('a guess') });
    await world.commit(commitmentOf('airforce', guess));
    await reveal();
    for (const envelope of [army!, navy!, guess]) await attest(envelope);
    world.at += 1;
    await attest(copyOf(army!, 'airforce'));
    expect(world.stored(keys.attestation(world.job, 1, 'airforce'))).toMatchObject({
      aggregate: AGGREGATE,
      independent: false,
    });
    await world.finalise([...ORGANISATIONS]);
    expect(round()).toMatchObject({ committedBy: [...ORGANISATIONS], dependent: ['airforce'] });
  });
});

describe('commitments to attestations', () => {
  test('are one an organisation: another is refused, the same again gives the first receipt', async () => {
    const sealed = world.attestation('army');
    await world.commit(commitmentOf('army', sealed));
    world.at += 5;
    expect(codes(await world.commit(commitmentOf('army', 'another')))).toEqual(['ERR_COMMITMENT_DUPLICATE']);
    const [again] = await world.commit(commitmentOf('army', sealed));
    expect(again).toMatchObject({ ok: true, receipt: { duplicate: true, at: world.at - 5 } });
  });

  test('are of validators only, those to updates of agents only, and none is taken late', async () => {
    const { agents, validator } = world.party('army');
    const byAgent = world.commitment(agents[0]!, 'x', { of: 'attestation' });
    const byValidator = world.commitment(validator, 'x');
    expect(codes(await world.commit(byAgent, byValidator))).toEqual(['ERR_ROLE_FORBIDDEN', 'ERR_ROLE_FORBIDDEN']);
    world.at += 30_001;
    expect(codes(await world.commit(commitmentOf('army', 'x')))).toEqual(['ERR_ROUND_LATE']);
  });

  test('are refused by a job that does not ask for them, and so is their reveal', async () => {
    world = await createClosedWorld({ name: 'plain' });
    expect(codes(await world.commit(commitmentOf('army', 'x')))).toEqual(['ERR_COMMITMENT_UNASKED']);
    expect(await codeOf(reveal())).toBe('ERR_COMMITMENT_UNASKED');
  });
});
