// Reads of jobs, rounds, updates and attestations.

import { digestSchema, jobIdSchema, MusterError, nameSchema, signatorySchema } from '@muster/protocol';
import { z } from 'zod';
import type { Reads } from '../projection/reads.ts';
import { listOf, pageQuery } from '../schemas/page.ts';
import {
  attestationSchema,
  jobSchema,
  modelSchema,
  roundSchema,
  roundViewSchema,
  updateSchema,
} from '../schemas/state.ts';
import { route, type Route } from './route.ts';

const ofJob = z.object({ job: jobIdSchema });
const roundNumber = z.coerce.number().int().min(1).max(1_000_000);

export function jobRoutes(reads: Reads): Route[] {
  const known = (job: string): NonNullable<ReturnType<Reads['job']>> => {
    const found = reads.job(job);
    if (found === undefined) throw new MusterError('ERR_JOB_UNKNOWN', { job });
    return found;
  };
  return [
    route({
      method: 'get',
      path: '/v1/jobs',
      summary: 'Jobs, oldest first',
      query: z.object({ ...pageQuery, status: jobSchema.shape.status.optional() }),
      answers: { 200: { description: 'Jobs', schema: listOf(jobSchema) } },
      handle: ({ query }, _request, response) => void response.json(reads.jobs(query.status, query)),
    }),
    route({
      method: 'get',
      path: '/v1/jobs/:job',
      summary: 'A job and its model pointer',
      params: ofJob,
      answers: {
        200: { description: 'The job', schema: z.strictObject({ job: jobSchema, model: modelSchema.nullable() }) },
      },
      handle: ({ params: { job } }, _request, response) => void response.json(known(job)),
    }),
    route({
      method: 'get',
      path: '/v1/jobs/:job/rounds',
      summary: 'Rounds of a job, in their order',
      params: ofJob,
      query: z.object(pageQuery),
      answers: { 200: { description: 'Rounds', schema: listOf(roundSchema) } },
      handle: ({ params: { job }, query }, _request, response) => {
        known(job);
        response.json(reads.rounds(job, query));
      },
    }),
    route({
      method: 'get',
      path: '/v1/jobs/:job/rounds/:round',
      summary: 'A round with its updates and attestations',
      params: ofJob.extend({ round: roundNumber }),
      answers: { 200: { description: 'The round', schema: roundViewSchema } },
      handle: ({ params: { job, round } }, _request, response) => {
        known(job);
        const found = reads.round(job, round);
        if (found === undefined) throw new MusterError('ERR_ROUND_UNKNOWN', { job, round });
        response.json(found);
      },
    }),
    ...listRoutes(reads),
  ];
}

/** Lists across jobs. */
function listRoutes(reads: Reads): Route[] {
  const filters = {
    job: jobIdSchema.optional(),
    round: roundNumber.optional(),
    organisation: nameSchema.optional(),
    digest: digestSchema.optional(),
  };
  return [
    route({
      method: 'get',
      path: '/v1/updates',
      summary: 'Recorded updates, oldest first',
      query: z.object({ ...pageQuery, ...filters, by: signatorySchema.optional() }),
      answers: { 200: { description: 'Updates', schema: listOf(updateSchema) } },
      handle: ({ query: { limit, cursor, ...asked } }, _request, response) =>
        void response.json(reads.updates(asked, { limit, cursor })),
    }),
    route({
      method: 'get',
      path: '/v1/attestations',
      summary: 'Attestations that stand, oldest first',
      query: z.object({ ...pageQuery, ...filters }),
      answers: { 200: { description: 'Attestations', schema: listOf(attestationSchema) } },
      handle: ({ query: { limit, cursor, ...asked } }, _request, response) =>
        void response.json(reads.attestations(asked, { limit, cursor })),
    }),
  ];
}
