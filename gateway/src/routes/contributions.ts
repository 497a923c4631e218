// Reads of what agents contributed: scores of a round's updates, reputations in a job.

import { jobIdSchema, MusterError, nameSchema, signatorySchema } from '@muster/protocol';
import { z } from 'zod';
import type { Reads } from '../projection/reads.ts';
import { reputationSchema, scoredUpdateSchema } from '../schemas/contribution.ts';
import { listOf, pageQuery } from '../schemas/page.ts';
import { route, type Route } from './route.ts';

const ofJob = z.object({ job: jobIdSchema });

export function contributionRoutes(reads: Reads): Route[] {
  const requireJob = (job: string): void => {
    if (reads.job(job) === undefined) throw new MusterError('ERR_JOB_UNKNOWN', { job });
  };
  return [
    route({
      method: 'get',
      path: '/v1/jobs/:job/rounds/:round/scores',
      summary: 'What organisations say of each update of a closed round, and what the ledger made of it; by name',
      params: ofJob.extend({ round: z.coerce.number().int().min(1).max(1_000_000) }),
      query: z.object(pageQuery),
      answers: { 200: { description: 'Scores', schema: listOf(scoredUpdateSchema) } },
      handle: ({ params: { job, round }, query }, _request, response) => {
        requireJob(job);
        const found = reads.scores(job, round, query);
        if (found === undefined) throw new MusterError('ERR_ROUND_UNKNOWN', { job, round });
        response.json(found);
      },
    }),
    route({
      method: 'get',
      path: '/v1/jobs/:job/reputations',
      summary: 'Reputations of a job’s agents, in the order in which they were first settled',
      params: ofJob,
      query: z.object({ ...pageQuery, organisation: nameSchema.optional(), by: signatorySchema.optional() }),
      answers: { 200: { description: 'Reputations', schema: listOf(reputationSchema) } },
      handle: ({ params: { job }, query: { limit, cursor, ...asked } }, _request, response) => {
        requireJob(job);
        response.json(reads.reputations({ job, ...asked }, { limit, cursor }));
      },
    }),
  ];
}
