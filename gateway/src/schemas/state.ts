// Documents of the reads: the ledger's own state, as protocol/ledger/state.ts types it.

import {
  artefactSchema,
  beaconSchema,
  committedSchema,
  digestSchema,
  evaluationSchema,
  exclusionSchema,
  jobIdSchema,
  nameSchema,
  rootUpdatesSchema,
  ROLES,
  signatorySchema,
  statementSchemas,
  termsSchema,
  updatesSchema,
} from '@muster/protocol';
import { z } from 'zod';

const v = z.literal(1);
const moment = z.int();
const { dataset, metrics, privacy } = statementSchemas['round.update'].shape;

export const organisationSchema = z.object({
  v,
  organisation: nameSchema,
  roots: z.array(z.string()),
  registeredBy: signatorySchema,
  at: moment,
});

export const agentSchema = z.object({
  organisation: nameSchema,
  certificate: z.string(),
  pem: z.string(),
  name: nameSchema,
  role: z.enum(ROLES),
  unit: z.string(),
  dataSets: z.array(nameSchema).optional(),
  platform: nameSchema.optional(),
  publicKey: z.string(),
  notBefore: moment,
  notAfter: moment,
  at: moment,
  revoked: z.object({ at: moment, by: signatorySchema, reason: z.string() }).optional(),
});

const voteSchema = z.object({
  by: signatorySchema,
  verdict: z.enum(['approve', 'reject']),
  at: moment,
  jti: z.string(),
});

export const jobSchema = z.object({
  v,
  job: jobIdSchema,
  terms: termsSchema,
  status: z.enum(['proposed', 'approved', 'rejected', 'finished', 'failed']),
  proposedBy: signatorySchema,
  proposedAt: moment,
  votes: z.record(z.string(), voteSchema),
});

export const modelSchema = z.object({
  v,
  job: jobIdSchema,
  round: z.int(),
  finalised: z.int(),
  abandoned: z.int(),
  model: artefactSchema,
  from: z.int(),
  carry: artefactSchema.optional(),
});

export const roundSchema = z.object({
  v,
  job: jobIdSchema,
  round: z.int(),
  phase: z.enum(['committing', 'open', 'closed', 'finalised', 'abandoned']),
  base: artefactSchema,
  /** what the job's rule hands from round to round: with the base, and with the model */
  baseCarry: artefactSchema.optional(),
  /** by which the round takes agents */
  seed: digestSchema.optional(),
  openedAt: moment,
  commitsUntil: moment.optional(),
  commitments: updatesSchema.optional(),
  revealedAt: moment.optional(),
  updatesUntil: moment,
  closedAt: moment.optional(),
  attestationCommitsUntil: moment.optional(),
  /** organisations that committed to their attestations before any was shown */
  committedBy: z.array(nameSchema).optional(),
  attestationsRevealedAt: moment.optional(),
  attestationsUntil: moment.optional(),
  updates: updatesSchema.optional(),
  rootUpdates: updatesSchema.optional(),
  withheld: z.array(signatorySchema).optional(),
  model: artefactSchema.optional(),
  carry: artefactSchema.optional(),
  attestedBy: z.array(nameSchema).optional(),
  /** those of them whose attestations are not what they committed to before any was shown */
  dependent: z.array(nameSchema).optional(),
  /** organisations that had committed to a value for the next seed and did not reveal it */
  unrevealed: z.array(nameSchema).optional(),
  finalisedAt: moment.optional(),
  abandonedAt: moment.optional(),
  reason: z.string().optional(),
});

export const commitmentSchema = z.object({
  of: committedSchema,
  by: signatorySchema,
  certificate: z.string(),
  jti: z.string(),
  commitment: digestSchema,
  at: moment,
  transaction: z.string(),
});

export const updateSchema = z.object({
  job: jobIdSchema.optional(),
  round: z.int().optional(),
  by: signatorySchema,
  certificate: z.string(),
  jti: z.string(),
  update: artefactSchema,
  examples: z.int(),
  dataset,
  metrics,
  privacy,
  at: moment,
  transaction: z.string(),
});

export const rootSchema = z.object({
  v,
  job: jobIdSchema,
  round: z.int(),
  organisation: nameSchema,
  by: signatorySchema,
  certificate: z.string(),
  jti: z.string(),
  update: artefactSchema,
  metrics,
  at: moment,
  transaction: z.string(),
});

export const attestationSchema = z.object({
  v,
  job: jobIdSchema,
  round: z.int(),
  organisation: nameSchema,
  by: signatorySchema,
  certificate: z.string(),
  jti: z.string(),
  iat: moment,
  base: digestSchema,
  updates: updatesSchema,
  excluded: z.array(exclusionSchema),
  rootUpdates: rootUpdatesSchema.optional(),
  aggregate: artefactSchema,
  carry: artefactSchema.optional(),
  evaluation: evaluationSchema,
  scores: z.array(z.int()).optional(),
  /** where attestations are committed to: whether this is what its organisation committed to before any was shown */
  independent: z.boolean().optional(),
  beacon: beaconSchema.optional(),
  at: moment,
  transaction: z.string(),
});

export const eventSchema = z.object({
  /** `<block>.<transaction in it>.<event in that>` */
  id: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  block: z.int(),
  transaction: z.string(),
  at: moment,
});
export type EventRow = z.infer<typeof eventSchema>;

export const transactionSchema = z.object({
  transaction: z.string(),
  block: z.int(),
  at: moment,
  /** the MSP that submitted it */
  creator: z.string(),
  /** `VALID`, or the validation code that invalidated it */
  status: z.string(),
  events: z.array(z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) })),
});

/** Everything about one round. */
export const roundViewSchema = z.object({
  round: roundSchema,
  /** where the job has commitments */
  commitments: z.array(commitmentSchema).optional(),
  updates: z.array(updateSchema),
  /** what validators trained on the job's root data */
  roots: z.array(rootSchema).optional(),
  attestations: z.array(attestationSchema),
});

export const lineageSchema = z.object({
  job: jobSchema,
  /** oldest first: the rounds that made the model, each on the one before */
  lineage: z.array(roundViewSchema.extend({ transaction: z.string(), block: z.int() })),
});

export const historySchema = z.object({
  transaction: z.string(),
  at: moment,
  block: z.int().optional(),
  /** the value the transaction wrote; null where it deleted */
  value: z.unknown(),
  deleted: z.boolean(),
});
