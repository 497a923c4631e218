// Reads of the consortium: organisations and enrolled certificates.

import { nameSchema, ROLES } from '@muster/protocol';
import { z } from 'zod';
import type { Reads } from '../projection/reads.ts';
import { listOf, pageQuery } from '../schemas/page.ts';
import { agentSchema, organisationSchema } from '../schemas/state.ts';
import { route, type Route } from './route.ts';

export function consortiumRoutes(reads: Reads): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/organisations',
      summary: 'Organisations, by name',
      answers: { 200: { description: 'Organisations', schema: listOf(organisationSchema) } },
      handle: (_input, _request, response) => void response.json(reads.organisations()),
    }),
    route({
      method: 'get',
      path: '/v1/agents',
      summary: 'Enrolled certificates of every role, in order of enrolment',
      query: z.object({ ...pageQuery, organisation: nameSchema.optional(), role: z.enum(ROLES).optional() }),
      answers: { 200: { description: 'Certificates', schema: listOf(agentSchema) } },
      handle: ({ query: { limit, cursor, ...asked } }, _request, response) =>
        void response.json(reads.agents(asked, { limit, cursor })),
    }),
  ];
}
