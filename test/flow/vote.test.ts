// vote, through the chaincode.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { msp } from '@hyperledger/fabric-protos';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { readPolicy } from '../support/memory-ledger.ts';
import { createWorld } from './create-world.ts';
import { BASE, ORGANISATIONS, termsWith } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.propose();
});

const policyOfModel = (): Buffer | undefined => world.ledger.policies.get(`\u0000model\u0000${world.job}\u0000`);

describe('vote', () => {
  test('approves with m of n, sets the model to the base and opens the first round', async () => {
    const before = world.ledger.events.length;
    await world.vote('army');
    expect(world.stored(keys.model(world.job))).toBeUndefined();
    expect(policyOfModel()).toBeUndefined();
    await world.vote('navy');
    expect(world.stored(keys.job(world.job))).toMatchObject({ status: 'approved' });
    expect(world.stored(keys.model(world.job))).toMatchObject({ round: 1, from: 0, model: BASE });
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'open', updatesUntil: world.at + 60_000 });
    expect(world.eventsSince(before)).toEqual(['job.voted', 'job.voted', 'job.approved', 'round.opened']);
  });

  test('puts the model key under the endorsement of so many organisations’ peers', async () => {
    await world.vote('army');
    await world.vote('navy');
    const policy = readPolicy(policyOfModel()!);
    expect(policy).toEqual({
      needed: 2,
      organisations: [...ORGANISATIONS],
      roles: ORGANISATIONS.map(() => msp.MSPRole.MSPRoleType.PEER),
    });
  });

  test('rejects as soon as m can no longer approve', async () => {
    const before = world.ledger.events.length;
    await world.vote('army', 'reject');
    await world.vote('navy', 'reject');
    expect(world.stored(keys.job(world.job))).toMatchObject({ status: 'rejected' });
    expect(world.eventsSince(before)).toEqual(['job.voted', 'job.voted', 'job.rejected']);
    expect((await refusalOf(world.vote('airforce'))).code).toBe('ERR_JOB_STATUS');
  });

  test('refuses the same vote again as a replay, and another as a duplicate', async () => {
    await world.vote('army');
    expect((await refusalOf(world.vote('army'))).code).toBe('ERR_ENVELOPE_REPLAYED');
    expect((await refusalOf(world.vote('army', 'reject'))).code).toBe('ERR_VOTE_DUPLICATE');
    const second = await world.party('army').ca.issue({ name: 'officer-2', role: 'officer' });
    await world.enrol(second);
    expect((await refusalOf(world.vote('army', 'approve', second))).code).toBe('ERR_VOTE_DUPLICATE');
  });

  test('refuses an organisation that is not part of the job', async () => {
    await world.propose(termsWith({ organisations: ['army', 'navy'] }));
    expect((await refusalOf(world.vote('airforce'))).code).toBe('ERR_JOB_OUTSIDER');
  });

  test('refuses anyone but an officer', async () => {
    const { requester } = world.party('army');
    expect((await refusalOf(world.vote('army', 'approve', requester))).code).toBe('ERR_ROLE_FORBIDDEN');
  });

  test('refuses a forged signature', async () => {
    const { officer, validator } = world.party('army');
    const forged = { ...officer, signer: { ...officer.signer, privateKey: validator.privateKey } };
    expect((await refusalOf(world.vote('army', 'approve', forged))).code).toBe('ERR_SIGNATURE_INVALID');
  });

  test('refuses a job that is unknown', async () => {
    world.job = '0'.repeat(32);
    expect((await refusalOf(world.vote('army'))).code).toBe('ERR_JOB_UNKNOWN');
  });

  test('makes the second of two in one block a conflict', async () => {
    const endorse = async (organisation: string) => {
      const creator = world.party(organisation).officer;
      const envelope = world.state('job.vote', creator, { job: world.job, verdict: 'approve' });
      return world.ledger.endorse({ fn: 'jobs:vote', args: [envelope], creator, at: world.at }, ORGANISATIONS);
    };
    const votes = [await endorse('army'), await endorse('navy')];
    expect(world.ledger.commit(votes, ORGANISATIONS)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
  });
});
