// All routes of the gateway. The one list that the application, the OpenAPI document and the tests go by.

import type { Admission } from '../admission/admission.ts';
import type { AppParts } from '../app.ts';
import { artefactRoutes } from './artefacts.ts';
import { auditRoutes } from './audit.ts';
import { blockRoutes } from './blocks.ts';
import { consortiumRoutes } from './consortium.ts';
import { contributionRoutes } from './contributions.ts';
import { eventRoutes } from './events.ts';
import { forkRoutes } from './forks.ts';
import { healthRoutes } from './health.ts';
import { jobRoutes } from './jobs.ts';
import type { Route } from './route.ts';
import { submissionRoutes } from './submissions.ts';
import type { Reads } from '../projection/reads.ts';

/** What routes need besides the application's parts. */
export interface RouteParts extends AppParts {
  readonly reads: Reads;
  readonly admission: Admission;
}

export function allRoutes(parts: RouteParts): Route[] {
  const { reads, checks, meters, ledger, forks } = parts;
  return [
    ...healthRoutes(checks, meters, () => forks?.notice),
    ...submissionRoutes(parts),
    ...artefactRoutes(parts),
    ...jobRoutes(reads),
    ...contributionRoutes(reads),
    ...consortiumRoutes(reads),
    ...auditRoutes(parts),
    ...blockRoutes(ledger),
    ...(forks === undefined ? [] : forkRoutes(forks.store)),
    ...eventRoutes(parts),
  ];
}
