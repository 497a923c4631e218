// What a transaction tells: events that were emitted, and updates that its envelopes and verdicts tell of.

import { beforeAll, describe, expect, test } from '@jest/globals';
import { APPROVED, artefactOf, JOB, TERMS } from '../../../test/support/states.ts';
import { createTestCa, type TestIdentity } from '../../../test/support/test-ca.ts';
import { digestOf } from '../bytes/digest.ts';
import { encodeBatch } from '../envelope/batch.ts';
import { openEnvelope, seal } from '../envelope/envelope.ts';
import { encodeEvents, event } from './events.ts';
import { eventsOf } from './told.ts';
import { encodeVerdicts } from './verdicts.ts';
import { updateRecord, type Verdict } from '../round/record.ts';
import { readStatement } from '../statements.ts';

const MOMENT = { at: 5, transaction: 'tx' };
const REFUSED: Verdict = {
  ok: false,
  error: { code: 'ERR_ENVELOPE_MALFORMED', details: { reason: 'x' } },
};
let agent: TestIdentity;
beforeAll(async () => {
  agent = await (await createTestCa('navy')).issue({ name: 'ship-1', role: 'agent' });
});

function updateOf(examples: number): string {
  const data = { root: digestOf('data'), size: 20 };
  const own = { update: artefactOf('u'), examples, dataset: data, metrics: { lossMicro: 5 } };
  const claims = { v: 1, iat: 1, by: 'navy/ship-1', job: JOB, round: 1, base: TERMS.base.digest, ...own };
  return seal('round.update', { ...claims, privacy: { mechanism: 'none' } }, agent.signer);
}

describe('a transaction that records', () => {
  test('tells of each update that it recorded, and of no other', () => {
    const envelopes = [updateOf(1), updateOf(2), 'rubbish', updateOf(3)];
    const [first, second, , third] = envelopes.map((text) => (text === 'rubbish' ? undefined : openEnvelope(text)));
    const receipt = (jti: string) => ({ jti, by: 'navy/ship-1', ...MOMENT });
    const verdicts: Verdict[] = [
      { ok: true, receipt: receipt(first!.jti) },
      { ok: true, receipt: { ...receipt(second!.jti), transaction: 'before', duplicate: true } },
      REFUSED,
      { ok: true, receipt: receipt(third!.jti) },
    ];
    const answer = encodeVerdicts(MOMENT, verdicts);
    const told = eventsOf({ ...MOMENT, function: 'rounds:record', args: [encodeBatch(envelopes)], answer });
    expect(told.map(({ type }) => type)).toEqual(['round.updated', 'round.updated']);
    const { statement } = readStatement('round.update', envelopes[0]!);
    const { job, round } = statement;
    const record = updateRecord(statement, agent.signer.certificate, MOMENT);
    expect(told[0]?.data).toEqual({ ...record, job, round });
    expect(told[1]?.data).toMatchObject({ jti: third!.jti, examples: 3 });
  });
});

test('a transaction that records commitments tells of each', () => {
  const own = { of: 'update', commitment: digestOf('sealed') };
  const claims = { v: 1, iat: 1, by: 'navy/ship-1', job: JOB, round: 1, ...own };
  const text = seal('round.commit', claims, agent.signer);
  const { jti } = openEnvelope(text);
  const answer = encodeVerdicts(MOMENT, [{ ok: true, receipt: { jti, by: 'navy/ship-1', ...MOMENT } }]);
  const { certificate } = agent.signer;
  const data = { ...own, by: 'navy/ship-1', certificate, jti, ...MOMENT, job: JOB, round: 1 };
  expect(eventsOf({ ...MOMENT, function: 'rounds:commit', args: [encodeBatch([text])], answer })).toEqual([
    { type: 'round.committed', data },
  ]);
});

test('any other transaction tells what it emitted, if anything', () => {
  const call = { ...MOMENT, function: 'jobs:vote', args: [], answer: '{}' };
  const events = [event('job.approved', APPROVED)];
  expect(eventsOf({ ...call, emitted: encodeEvents(events) })).toEqual(events);
  expect(eventsOf(call)).toEqual([]);
});
