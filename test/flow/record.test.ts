// record, through the chaincode: each envelope gets its own verdict.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { encodeBatch } from '../../protocol/src/envelope/batch.ts';
import { keys } from '../../protocol/src/ledger/keys.ts';
import type { Verdict } from '../../protocol/src/round/record.ts';
import { entryOn } from '../../protocol/src/round/updates-page.ts';
import { createTestCa } from '../support/test-ca.ts';
import { createWorld } from './create-world.ts';
import { artefactOf, termsWith } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
const agent = (organisation = 'army', index = 0) => world.party(organisation).agents[index]!;

beforeEach(async () => {
  world = await createWorld();
  await world.openJob();
});

const codes = (verdicts: readonly Verdict[]): string[] => verdicts.map((v) => (v.ok ? 'ok' : v.error.code));

describe('record accepts', () => {
  test('an update, with a receipt, an event and a record on its page', async () => {
    const before = world.ledger.events.length;
    const [verdict] = await world.record(world.update(agent()));
    expect(verdict).toMatchObject({ ok: true, receipt: { by: 'army/agent-1', at: world.at } });
    expect(world.eventsSince(before)).toEqual(['round.updated']);
    const page = world.stored(keys.updatesPage(world.job, 1, 'army', 0));
    expect(page && entryOn(page, 'agent-1')).toMatchObject({ by: 'army/agent-1', examples: 10, at: world.at });
  });

  test('many in one transaction, and writes the page they share once', async () => {
    const envelopes = [world.update(agent('army', 0)), world.update(agent('army', 1)), world.update(agent('navy', 0))];
    const creator = world.party('army').officer;
    const args = [encodeBatch(envelopes)];
    const simulation = await world.ledger.endorse({ fn: 'rounds:record', args, creator, at: world.at }, ['army']);
    expect(JSON.parse(simulation.payload)).toMatchObject({ verdicts: [{ ok: true }, { ok: true }, { ok: true }] });
    expect(simulation.writes.size).toBe(2);
  });

  test('the good ones beside a bad one', async () => {
    const verdicts = await world.record(world.update(agent()), 'rubbish', world.update(agent('navy')));
    expect(codes(verdicts)).toEqual(['ok', 'ERR_ENVELOPE_MALFORMED', 'ok']);
  });

  test('the same update again with the receipt of the first time', async () => {
    const [first] = await world.record(world.update(agent()));
    world.at += 5;
    const [again] = await world.record(world.update(agent()));
    expect(again).toEqual({ ok: true, receipt: { ...(first as { receipt: object }).receipt, duplicate: true } });
  });

  test('the same update twice in one transaction once', async () => {
    const envelope = world.update(agent());
    const before = world.ledger.events.length;
    const [first, second] = await world.record(envelope, envelope);
    expect(second).toEqual({ ok: true, receipt: { ...(first as { receipt: object }).receipt, duplicate: true } });
    expect(world.eventsSince(before)).toEqual(['round.updated']);
  });

  test('an agent whose name objects inherit', async () => {
    const constructor = await world.party('army').ca.issue({ name: 'constructor', role: 'agent' });
    await world.enrol(constructor);
    expect(codes(await world.record(world.update(constructor)))).toEqual(['ok']);
  });
});

describe('record refuses', () => {
  test('an envelope that another key signed', async () => {
    const forged = { ...agent(), signer: { ...agent().signer, privateKey: agent('navy').privateKey } };
    expect(await world.recordRefused(world.update(forged))).toBe('ERR_SIGNATURE_INVALID');
  });

  test('a statement in the name of somebody else', async () => {
    const other = { ...agent(), by: 'army/agent-2' };
    expect(await world.recordRefused(world.update(other))).toBe('ERR_CERTIFICATE_UNKNOWN');
  });

  test('a statement in the name of another organisation', async () => {
    const other = { ...agent(), by: 'navy/agent-1' };
    expect(await world.recordRefused(world.update(other))).toBe('ERR_CERTIFICATE_UNKNOWN');
  });

  test('a certificate of another authority with the same names', async () => {
    const stranger = await (await createTestCa('army')).issue({ name: 'agent-1', role: 'agent' });
    expect(await world.recordRefused(world.update(stranger))).toBe('ERR_CERTIFICATE_UNKNOWN');
  });

  test('a role that does not train', async () => {
    expect(await world.recordRefused(world.update(world.party('army').validator))).toBe('ERR_ROLE_FORBIDDEN');
  });

  test('a certificate that has expired by the time of the transaction', async () => {
    const brief = await world.party('army').ca.issue({ name: 'brief', role: 'agent', notAfter: world.at + 1000 });
    await world.enrol(brief);
    world.at += 2000;
    expect(await world.recordRefused(world.update(brief))).toBe('ERR_CERTIFICATE_EXPIRED');
  });

  test('a transaction dated before the certificate begins', async () => {
    const fresh = await world.party('army').ca.issue({ name: 'fresh', role: 'agent', notBefore: world.at });
    await world.enrol(fresh);
    world.at -= 1000;
    expect(await world.recordRefused(world.update(fresh))).toBe('ERR_CERTIFICATE_NOT_YET_VALID');
  });

  test('a revoked certificate', async () => {
    const claims = { name: 'agent-1', certificate: agent().signer.certificate, reason: 'lost' };
    await world.call('consortium:revoke', [world.state('consortium.revoke', world.party('army').officer, claims)]);
    expect(await world.recordRefused(world.update(agent()))).toBe('ERR_CERTIFICATE_REVOKED');
  });

  test('a jti that is not its statement’s digest', async () => {
    const [head, , signature] = world.update(agent()).split('.');
    const payload = Buffer.from(JSON.stringify({ jti: 'x' })).toString('base64url');
    expect(await world.recordRefused([head, payload, signature].join('.'))).toBe('ERR_ENVELOPE_JTI');
  });

  test('an envelope that is too large', async () => {
    expect(await world.recordRefused('a'.repeat(65 * 1024))).toBe('ERR_ENVELOPE_TOO_LARGE');
  });

  test('an envelope of another act', async () => {
    const vote = world.state('job.vote', agent(), { job: world.job, verdict: 'approve' });
    expect(await world.recordRefused(vote)).toBe('ERR_ENVELOPE_TYPE');
  });

  test('a statement with fields that do not belong', async () => {
    expect(await world.recordRefused(world.update(agent(), { extra: 1 }))).toBe('ERR_DOCUMENT_INVALID');
  });

  test('a job and a round that are unknown', async () => {
    expect(await world.recordRefused(world.update(agent(), { job: '0'.repeat(32) }))).toBe('ERR_JOB_UNKNOWN');
    expect(await world.recordRefused(world.update(agent(), { round: 2 }))).toBe('ERR_ROUND_UNKNOWN');
  });

  test('an organisation that is not part of the job', async () => {
    await world.propose(termsWith({ organisations: ['army', 'navy'] }));
    await world.vote('army');
    await world.vote('navy');
    expect(await world.recordRefused(world.update(agent('airforce')))).toBe('ERR_JOB_OUTSIDER');
  });

  test('another base model', async () => {
    const base = artefactOf('other').digest;
    expect(await world.recordRefused(world.update(agent(), { base }))).toBe('ERR_ROUND_BASE');
  });

  test('an update after the window', async () => {
    world.at += 60_001;
    expect(await world.recordRefused(world.update(agent()))).toBe('ERR_ROUND_LATE');
  });

  test('a transaction dated before the round', async () => {
    world.at -= 1;
    expect(await world.recordRefused(world.update(agent()))).toBe('ERR_ROUND_EARLY');
  });

  test('a second, different update of the same agent', async () => {
    await world.record(world.update(agent()));
    const other = world.update(agent(), { update: artefactOf('other') });
    expect(await world.recordRefused(other)).toBe('ERR_UPDATE_DUPLICATE');
  });

  test.each([
    { examples: 1001, dataset: { root: artefactOf('x').digest, size: 5000 } },
    { examples: 21 },
    { update: { ...artefactOf('x'), size: 1001 } },
  ])('claims beyond the limits: %j', async (claims) => {
    expect(await world.recordRefused(world.update(agent(), claims))).toBe('ERR_UPDATE_LIMIT');
  });

  test('more updates of an organisation than the job allows', async () => {
    await world.record(world.update(agent('army', 0)), world.update(agent('army', 1)));
    expect(await world.recordRefused(world.update(agent('army', 2)))).toBe('ERR_ROUND_FULL');
  });

  test('an update to a closed round', async () => {
    await world.recordAll();
    await world.close();
    expect(await world.recordRefused(world.update(agent('army', 1)))).toBe('ERR_ROUND_PHASE');
  });

  test.each(['', 'x\n'.repeat(1000), 'zstd:AAAA'])('a batch that is not 1 to 1000 envelopes: %.20s', async (batch) => {
    expect((await refusalOf(world.call('rounds:record', [batch]))).code).toBe('ERR_DOCUMENT_INVALID');
  });
});

describe('record under concurrency', () => {
  test('does not take an update into a round that closes in the same block', async () => {
    await world.recordAll();
    const creator = world.party('army').officer;
    const closing = world.state('round.close', world.party('army').validator, { job: world.job, round: 1 });
    const endorse = (fn: string, argument: string) =>
      world.ledger.endorse({ fn, args: [argument], creator, at: world.at }, ['army']);
    const close = await endorse('rounds:close', closing);
    const late = await endorse('rounds:record', world.update(agent('army', 1)));
    expect(world.ledger.commit([close, late], ['army'])).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
  });
});
