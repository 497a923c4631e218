// All routes of the gateway. The one list that the application, the OpenAPI document and the tests go by.

import type { AppParts } from '../app.ts';
import { artefactRoutes } from './artefacts.ts';
import { auditRoutes } from './audit.ts';
import { consortiumRoutes } from './consortium.ts';
import { eventRoutes } from './events.ts';
import { healthRoutes } from './health.ts';
import { jobRoutes } from './jobs.ts';
import type { Route } from './route.ts';
import { submissionRoutes } from './submissions.ts';
import { Reads } from '../projection/reads.ts';

export function allRoutes(parts: AppParts): Route[] {
  const { ledger, projection, store, fetcher, checks, meters, limits, stopping } = parts;
  const reads = new Reads(projection.database);
  return [
    ...healthRoutes(checks, meters),
    ...submissionRoutes(parts),
    ...artefactRoutes(store, fetcher),
    ...jobRoutes(reads),
    ...consortiumRoutes(reads),
    ...auditRoutes(reads, ledger),
    ...eventRoutes({ projection, reads, meters, stopping, limit: limits.streams }),
  ];
}
