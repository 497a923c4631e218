// What the ledger tells of: one table of events. A transaction emits one Fabric event, `muster`, that holds a list of these.

import { canonicalise } from '../bytes/canonical.ts';
import type {
  AttestationState,
  CommitmentRecord,
  Enrolment,
  JobState,
  ModelState,
  OrganisationState,
  RootState,
  RoundState,
  Settlement,
  UpdateRecord,
  Vote,
} from './state.ts';

/** Event type -> what it carries. A past participle of the act that caused it. */
export interface Events {
  'organisation.registered': OrganisationState;
  'certificate.enrolled': Enrolment & {
    readonly organisation: string;
    readonly certificate: string;
    readonly pem: string;
  };
  'certificate.revoked': Enrolment & { readonly organisation: string; readonly certificate: string };
  'job.proposed': JobState;
  'job.voted': Vote & { readonly job: string; readonly organisation: string };
  'job.approved': JobState;
  'job.rejected': JobState;
  'job.finished': JobState & { readonly model: ModelState };
  'job.failed': JobState & { readonly model: ModelState };
  'round.opened': RoundState;
  'round.committed': CommitmentRecord & { readonly job: string; readonly round: number };
  'round.revealed': RoundState;
  'round.updated': UpdateRecord & { readonly job: string; readonly round: number };
  'round.rooted': RootState;
  'round.closed': RoundState;
  'round.attested': AttestationState;
  'round.finalised': RoundState;
  'round.abandoned': RoundState;
  'round.settled': Settlement;
}

export type EventType = keyof Events;
export type LedgerEvent = { [T in EventType]: { readonly type: T; readonly data: Events[T] } }[EventType];

/** The name of the Fabric event. */
export const EVENT_NAME = 'muster';

/** Makes an event of its type and data. */
export function event<T extends EventType>(type: T, data: Events[T]): LedgerEvent {
  return { type, data } as LedgerEvent;
}

/** The payload of a transaction's Fabric event. */
export function encodeEvents(events: readonly LedgerEvent[]): string {
  return canonicalise({ v: 1, events });
}

/** Reads {@link encodeEvents}' text; it comes from a validated block. */
export function decodeEvents(payload: string): readonly LedgerEvent[] {
  return (JSON.parse(payload) as { events: LedgerEvent[] }).events;
}
