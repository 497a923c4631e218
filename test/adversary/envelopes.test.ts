// Hostile envelopes on a real network: each is refused with its own code at the gateway, and with the same one where a
// low-privilege member takes it past the gateway, straight to a peer.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jobIdOf, openEnvelope, seal, type Act } from '@muster/protocol';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';
import { rogueCa } from '../support/rogue-ca.ts';
import { AGENT, claimsOf, enrolment, forged, navy, scene, update } from './forged-envelopes.ts';

let consortium: RealConsortium;
let job: OpenJob;
let pair: OpenJob;

beforeAll(async () => {
  consortium = await RealConsortium.join(['agent-1', 'agent-2', 'agent-3', 'validator']);
  job = await consortium.openJob('hostile', { limits: { examples: 1000, updateBytes: 1_000_000 } });
  pair = await consortium.openJob('pair', { organisations: ['airforce', 'marines', 'navy'] });
  Object.assign(scene, { consortium, job, pair, navyCa: await rogueCa(consortium.plan('navy')) });
}, 240_000);
afterAll(() => consortium.end(), 180_000);

const FUNCTIONS: Partial<Record<Act, string>> = {
  'round.update': 'rounds:record',
  'consortium.enrol': 'consortium:enrol',
  'job.propose': 'jobs:propose',
};

describe('refused at the gateway and at the peer: an envelope', () => {
  test.each(forged)('%s: %s', async (_what, code, make, act = 'round.update') => {
    const envelope = await make();
    expect(await consortium.handIn(act, envelope, AGENT)).toBe(code);
    const peer = await consortium.hostile(AGENT);
    const args = [envelope];
    expect(await peer.attempt({ fn: FUNCTIONS[act]!, args })).toBe(code);
  });
});

describe('an envelope that was recorded', () => {
  test('gets the same receipt again, at another gateway and at a peer; another update of its agent is refused', async () => {
    const by = 'navy/agent-1';
    const envelope = await update({}, by);
    expect(await consortium.handIn('round.update', envelope, by)).toBe('recorded');
    expect(await consortium.handIn('round.update', envelope, AGENT)).toBe('recorded');
    const peer = await consortium.hostile(AGENT);
    const verdicts = await peer.verdicts({ fn: 'rounds:record', args: [envelope] });
    expect(verdicts).toMatchObject([{ ok: true, receipt: { by, duplicate: true } }]);
    const other = await update({ update: job.terms.model }, by);
    expect(await consortium.handIn('round.update', other, by)).toBe('ERR_UPDATE_DUPLICATE');
    expect(await peer.attempt({ fn: 'rounds:record', args: [other] })).toBe('ERR_UPDATE_DUPLICATE');
  });

  test('as a vote is refused at every door', async () => {
    const composed = await consortium.sealed('job.propose', 'army/officer', { terms: { ...job.terms, name: 'votes' } });
    expect(await consortium.handIn('job.propose', composed, 'army/officer')).toBe('recorded');
    const id = jobIdOf(openEnvelope(composed).jti);
    const vote = await consortium.sealed('job.vote', 'army/officer', {
      job: id,
      verdict: 'approve',
    });
    expect(await consortium.handIn('job.vote', vote, 'army/officer')).toBe('recorded');
    expect(await consortium.handIn('job.vote', vote, 'navy/officer')).toBe('ERR_ENVELOPE_REPLAYED');
    const peer = await consortium.hostile('navy/agent-1');
    expect(await peer.attempt({ fn: 'jobs:vote', args: [vote] })).toBe('ERR_ENVELOPE_REPLAYED');
  });
});

describe('a revoked certificate', () => {
  test('is refused in envelopes at every door, and as a client of the gateway', async () => {
    const by = 'marines/agent-3';
    const { gateway, member } = await consortium.member(by);
    const certificate = member.signer.certificate;
    await expect(gateway.jobs()).resolves.toBeDefined();
    const revocation = await consortium.sealed('consortium.revoke', 'marines/officer', {
      name: 'agent-3',
      certificate,
      reason: 'captured',
    });
    expect(await consortium.handIn('consortium.revoke', revocation, 'marines/officer')).toBe('recorded');
    const envelope = await update({}, by);
    expect(await consortium.handIn('round.update', envelope, AGENT)).toBe('ERR_CERTIFICATE_REVOKED');
    const peer = await consortium.hostile(by);
    expect(await peer.attempt({ fn: 'rounds:record', args: [envelope] })).toBe('ERR_CERTIFICATE_REVOKED');
    await consortium.shown('the gateway of marines to refuse its client', async () => {
      await expect(gateway.jobs()).rejects.toMatchObject({ code: 'ERR_CERTIFICATE_REVOKED' });
    });
  });
});

describe('a transaction that its client dated', () => {
  const record = async (at: number, envelope: string): Promise<string> =>
    (await consortium.hostile(AGENT)).attempt({ fn: 'rounds:record', args: [envelope], at });

  test.each([-120_000, 120_000])('%d ms off is refused by the peers themselves', async (ms) => {
    expect(await record(Date.now() + ms, await update())).toMatch(/^fabric: .*timestamp/);
  });

  test('before its round opened is ERR_ROUND_EARLY', async () => {
    const { round } = await (await consortium.member(AGENT)).gateway.round(pair.job, 1);
    const opened = await consortium.openJob('early');
    const { gateway } = await consortium.member(AGENT);
    const view = await consortium.shown('the round', () => gateway.round(opened.job, 1));
    expect(view.round.openedAt).toBeGreaterThan(round.openedAt);
    const envelope = await consortium.sealed('round.update', AGENT, consortium.update(opened));
    expect(await record(view.round.openedAt - 1000, envelope)).toBe('ERR_ROUND_EARLY');
  });

  test('after its window is ERR_ROUND_LATE; back-dated into it, it counts until the round is closed, and not after', async () => {
    const brief = await consortium.openJob('brief', { windows: { updatesMs: 1500 }, participation: { minimum: 1 } });
    const { gateway } = await consortium.member(AGENT);
    const { round } = await consortium.shown('the round', () => gateway.round(brief.job, 1));
    const inTime = round.openedAt + 100;
    const late = await consortium.sealed('round.update', AGENT, consortium.update(brief));
    expect(await record(round.updatesUntil + 30_000, late)).toBe('ERR_ROUND_LATE');
    await consortium.shown(
      'the window to end',
      () => Promise.resolve(Date.now()),
      (now) => now > round.updatesUntil,
    );
    expect(await record(Date.now(), late)).toBe('ERR_ROUND_LATE');
    expect(await record(inTime, late)).toBe('VALID');
    const close = await consortium.sealed('round.close', 'army/validator', { job: brief.job, round: 1 });
    expect(await consortium.handIn('round.close', close, 'army/validator')).toBe('recorded');
    const other = await consortium.sealed('round.update', 'army/agent-2', consortium.update(brief));
    expect(await record(inTime, other)).toBe('ERR_ROUND_PHASE');
  });

  test('past the end of its signer’s certificate is ERR_CERTIFICATE_EXPIRED, before its beginning ERR_CERTIFICATE_NOT_YET_VALID', async () => {
    const from = Math.floor(Date.now() / 1000) * 1000 - 5000;
    const brief = await navy('brief', { notBefore: from, notAfter: from + 50_000 });
    expect(await consortium.handIn('consortium.enrol', enrolment(brief), 'navy/agent-1')).toBe('recorded');
    const envelope = seal('round.update', claimsOf(brief.by), brief.signer);
    expect(await record(from + 51_000, envelope)).toBe('ERR_CERTIFICATE_EXPIRED');
    expect(await record(from - 1000, envelope)).toBe('ERR_CERTIFICATE_NOT_YET_VALID');
  });
});
