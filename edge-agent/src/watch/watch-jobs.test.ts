// Tests of watching jobs: what is considered, and what is told to have ended.

import { expect, test } from '@jest/globals';
import { setInterval } from 'node:timers/promises';
import { waitFor } from '../../../test/support/rehearsal/wait-for.ts';
import type { Gateway } from '../client/index.ts';
import { silentLog } from './log.ts';
import { watchJobs } from './watch-jobs.ts';

type Status = 'approved' | 'finished';

/** The part of a gateway that watching asks, over jobs whose status the test changes; no event is ever told. */
function quietGateway(statuses: Map<string, Status>): Gateway {
  const viewOf = (job: string): object => ({ job, status: statuses.get(job), terms: { organisations: ['army'] } });
  const part: Partial<Record<keyof Gateway, unknown>> = {
    jobs: () =>
      Promise.resolve([...statuses].filter(([, status]) => status === 'approved').map(([job]) => viewOf(job))),
    job: (job: string) => Promise.resolve({ job: viewOf(job), model: { round: 1 } }),
    round: () => Promise.resolve({ round: {}, updates: [], attestations: [] }),
    // silent until the watch ends
    follow: ({ signal }: { signal: AbortSignal }) => setInterval(60_000, undefined, { signal, ref: false }),
  };
  return part as unknown as Gateway;
}

test('a job that ended is told once, even where no event told of it, and others go on', async () => {
  const statuses = new Map<string, Status>([
    ['first', 'approved'],
    ['second', 'approved'],
    ['third', 'finished'],
  ]);
  const considered: string[] = [];
  const ended: string[] = [];
  const stop = new AbortController();
  const watching = watchJobs({
    gateway: quietGateway(statuses),
    organisation: 'army',
    types: [],
    signal: stop.signal,
    log: silentLog,
    lookMs: 10,
    consider: ({ job }) => {
      considered.push(job.job);
      return Promise.resolve(undefined);
    },
    ended: (job) => {
      ended.push(job);
      return Promise.resolve();
    },
  });
  await waitFor('both jobs', () => new Set(considered).size === 2 || undefined);
  statuses.set('first', 'finished');
  await waitFor('the end of the first', () => ended.length > 0 || undefined);
  const before = considered.length;
  await waitFor('more looks', () => considered.length > before + 3 || undefined);
  expect(ended).toEqual(['first']);
  expect(new Set(considered.slice(before))).toEqual(new Set(['second']));
  stop.abort();
  await watching;
});
