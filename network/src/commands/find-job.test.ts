// Jobs by a prefix of their id.
import type { Gateway } from '@muster/edge-agent';
import type { JobState } from '@muster/protocol';
import { expect, test } from '@jest/globals';
import { findJob } from './find-job.ts';

const ids = ['ab12', 'ab34', 'cd56'].map((start) => start.padEnd(32, '0'));
const states = ids.map((job) => ({ job }) as JobState);
const gateway = { jobs: () => Promise.resolve(states) } as unknown as Gateway;

test('a prefix that one job has finds it', async () => {
  expect((await findJob(gateway, 'cd')).job).toBe(ids[2]);
});

test('a prefix that several jobs have is refused, and they are named', async () => {
  await expect(findJob(gateway, 'ab')).rejects.toMatchObject({
    code: 'ERR_JOB_AMBIGUOUS',
    details: { prefix: 'ab', jobs: ids.slice(0, 2) },
  });
});

test('a prefix that no job has is refused', async () => {
  await expect(findJob(gateway, 'ff')).rejects.toMatchObject({ code: 'ERR_JOB_UNKNOWN' });
});
