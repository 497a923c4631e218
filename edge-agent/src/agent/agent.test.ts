// An agent that a job does not take, over a ledger in memory.

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Members } from '../../../test/support/rehearsal/members.ts';
import { rehearse } from '../../../test/support/rehearsal/rehearsal.ts';
import { waitFor } from '../../../test/support/rehearsal/wait-for.ts';
import { silentLog } from '../watch/index.ts';

let members: Members;

beforeAll(async () => {
  members = await Members.create();
});
afterEach(() => members.stop());
afterAll(() => members.remove());

test('an agent whose certificate names nothing that a job takes rests and says why, and trains for the job that takes it', async () => {
  const rehearsal = await rehearse(['army']);
  const told: object[] = [];
  const log = { ...silentLog, info: (fields: object, text: string) => void told.push({ ...fields, text }) };
  await members.startAgent(rehearsal, 'army', { log });
  const open = (selection: object): Promise<string> =>
    rehearsal.startJob(members.options(1, { selection: { perMille: 1000, ...selection } }));
  const unfit = await Promise.all([open({ dataSets: ['radar'] }), open({ platforms: ['linux-arm64'] })]);
  const fit = await open({ units: ['unit-1'] });
  await waitFor('an update for the job that takes it', () =>
    rehearsal.consortium.round(fit, 1).updates.size === 1 ? true : undefined,
  );
  const rests = await waitFor('the agent telling why it rests, twice', () => {
    const found = told.filter((each) => 'reason' in each);
    return found.length === unfit.length ? found : undefined;
  });
  const text = 'not selected for this round';
  expect(rests).toEqual(
    expect.arrayContaining(['data', 'platform'].map((reason, i) => ({ job: unfit[i], round: 1, reason, text }))),
  );
  expect(unfit.map((job) => rehearsal.consortium.round(job, 1).updates.size)).toEqual([0, 0]);
});
