// Acts of requesters: what is refused before anything is handed in.

import { expect, test } from '@jest/globals';
import { rehearse } from '../../../test/support/rehearsal/rehearsal.ts';
import { proposeJob } from './acts.ts';
import { composeJob } from './compose.ts';

test('a job with scores is not proposed, since validators do not compute them yet', async () => {
  const rehearsal = await rehearse(['army']);
  const officer = await rehearsal.member('army', 'officer', 'officer');
  const { terms, artefacts } = await composeJob({
    ...{ name: 'scored', model: 'mlp', organisations: ['army'] },
    ...{ agents: 1, rounds: 1 },
  });
  const scores = { method: 'loss-difference', examples: 10, alphaMicro: 125_000 } as const;
  const proposed = proposeJob(rehearsal.gateway('army'), officer, { terms: { ...terms, scores }, artefacts });
  await expect(proposed).rejects.toMatchObject({
    code: 'ERR_JOB_TERMS',
    details: { issues: [{ field: 'scores', problem: 'scores are not yet computed by validators' }] },
  });
  expect([rehearsal.consortium.jobs.size, rehearsal.store.size]).toEqual([0, 0]);
});
