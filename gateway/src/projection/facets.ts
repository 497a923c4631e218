// By what an event can be found: one row of the table for each type of event.

import type { Events, EventType, LedgerEvent } from '@muster/protocol';
import { splitSignatory } from '@muster/protocol';

/** The columns of an event. */
export interface Facets {
  readonly organisation?: string;
  readonly by?: string;
  readonly job?: string;
  readonly round?: number;
  readonly digest?: string;
}

const ofSignatory = (by: string): Facets => ({ by, organisation: splitSignatory(by).organisation });

const jobEnded = ({ job, model }: Events['job.finished']): Facets => ({ job, digest: model.model.digest });

const facets: { readonly [T in EventType]: (data: Events[T]) => Facets } = {
  'organisation.registered': ({ organisation, registeredBy }) => ({ organisation, by: registeredBy }),
  'certificate.enrolled': ({ organisation, name }) => ({ organisation, by: `${organisation}/${name}` }),
  'certificate.revoked': ({ organisation, name }) => ({ organisation, by: `${organisation}/${name}` }),
  'job.proposed': ({ job, proposedBy, terms }) => ({ job, ...ofSignatory(proposedBy), digest: terms.base.digest }),
  'job.voted': ({ job, by, organisation }) => ({ job, by, organisation }),
  'job.approved': ({ job }) => ({ job }),
  'job.rejected': ({ job }) => ({ job }),
  'job.finished': jobEnded,
  'job.failed': jobEnded,
  'round.opened': ({ job, round, base }) => ({ job, round, digest: base.digest }),
  'round.committed': ({ job, round, by, commitment }) => ({ job, round, ...ofSignatory(by), digest: commitment }),
  'round.revealed': ({ job, round }) => ({ job, round }),
  'round.updated': ({ job, round, by, update }) => ({ job, round, ...ofSignatory(by), digest: update.digest }),
  'round.rooted': ({ job, round, by, organisation, update }) => ({
    job,
    round,
    by,
    organisation,
    digest: update.digest,
  }),
  'round.closed': ({ job, round }) => ({ job, round }),
  'round.attested': ({ job, round, by, organisation, aggregate }) => ({
    job,
    round,
    by,
    organisation,
    digest: aggregate.digest,
  }),
  'round.finalised': ({ job, round, model }) => ({
    job,
    round,
    ...(model === undefined ? {} : { digest: model.digest }),
  }),
  'round.abandoned': ({ job, round }) => ({ job, round }),
  // whose agents it is about; who asked for it is in the event
  'round.settled': ({ job, round, organisation, by }) => ({ job, round, organisation, by }),
};

/** The columns of an event. */
export function facetsOf({ type, data }: LedgerEvent): Facets {
  // a later chaincode may tell of more than this program knows
  return Object.hasOwn(facets, type) ? (facets[type] as (data: LedgerEvent['data']) => Facets)(data) : {};
}
