// Statements: what is claimed in each act, one schema each. The same schemas make the REST API's documents.

import { z } from 'zod';
import type { Act, Committed } from './envelope/acts.ts';

import { openEnvelope, type Envelope } from './envelope/envelope.ts';
import type { Holder } from './envelope/holder.ts';
import { nameSchema } from './envelope/names.ts';
import { artefactSchema, digestSchema, termsSchema } from './job/terms.ts';
import { parse } from './parse.ts';
import { MICRO, scoreListSchema } from './round/scores.ts';
import { beaconSchema } from './round/sortition.ts';

const PEM_MAX = 8192;

/** Who states: `<organisation>/<name>`, as enrolled. */
export const signatorySchema = z
  .string()
  .max(127)
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}\/[a-z0-9][a-z0-9.-]{0,62}$/, 'must be <organisation>/<name>');
export const jobIdSchema = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits');
const thumbprintSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be base64url SHA-256');
const reasonSchema = z.string().min(1).max(200);

const common = {
  v: z.literal(1),
  jti: thumbprintSchema,
  /** when it was stated, milliseconds since 1970, by the signer's clock */
  iat: z.int().min(0),
  by: signatorySchema,
};
const ofRound = { ...common, job: jobIdSchema, round: z.int().min(1).max(1_000_000) };

/** Metrics in millionths, so that stored state holds no floating point. */
const micro = z
  .int()
  .min(0)
  .max(1_000_000 * MICRO);
export const trainingMetricsSchema = z.strictObject({ lossMicro: micro });
const share = z.int().min(0).max(MICRO);
const ofHoldout = { examples: z.int().min(0), lossMicro: micro };
/** Of classes, or of yes-or-no questions, in their order. */
export const answersEvaluationSchema = z.strictObject({
  ...ofHoldout,
  accuracyMicro: share,
  /** empty where there are more than a thousand */
  recallMicro: z.array(share).max(1000),
  /** expected calibration error (Guo et al. 2017) */
  calibrationMicro: share.optional(),
  /** area under the ROC curve, the mean over classes against the rest, where it is defined */
  aucMicro: share.optional(),
});
/** Of numbers. */
export const valuesEvaluationSchema = z.strictObject({
  ...ofHoldout,
  maeMicro: micro,
  rmseMicro: micro,
  /** coefficient of determination: at most one, and below zero for what is worse than the mean */
  r2Micro: z
    .int()
    .min(-1_000_000 * MICRO)
    .max(MICRO),
});
export const evaluationSchema = z.union([answersEvaluationSchema, valuesEvaluationSchema]);
export type Evaluation = z.infer<typeof evaluationSchema>;

/** The updates of a closed round: how many, and the RFC 6962 root of {@link updateLeaf} in order of their agents' names. */
export const updatesSchema = z.strictObject({ count: z.int().min(0), root: digestSchema });
export type Updates = z.infer<typeof updatesSchema>;

export const exclusionSchema = z.strictObject({ by: signatorySchema, code: z.string().regex(/^ERR_[A-Z_]{1,60}$/) });

/** What can be committed to before it is shown. */
export const committedSchema = z.enum(['update', 'attestation'] as const satisfies readonly Committed[]);
/** The root updates of a round that were recorded, and those of them left out, in order of their signatories' names. */
export const rootUpdatesSchema = updatesSchema.extend({ excluded: z.array(exclusionSchema).max(64) });
export type RootUpdates = z.infer<typeof rootUpdatesSchema>;

export const statementSchemas = {
  'consortium.register': z.strictObject({
    ...common,
    organisation: nameSchema,
    /** the organisation's identity CA roots, PEM */
    roots: z.array(z.string().max(PEM_MAX)).min(1).max(4),
    /** the stating officer's certificate, PEM: it is not enrolled yet */
    certificate: z.string().max(PEM_MAX),
  }),
  'consortium.enrol': z.strictObject({ ...common, certificate: z.string().max(PEM_MAX) }),
  'consortium.revoke': z.strictObject({
    ...common,
    /** whose certificate, in the officer's own organisation */
    name: nameSchema,
    certificate: thumbprintSchema,
    reason: reasonSchema,
  }),
  'job.propose': z.strictObject({ ...common, terms: termsSchema }),
  'job.vote': z.strictObject({ ...common, job: jobIdSchema, verdict: z.enum(['approve', 'reject']) }),
  'round.commit': z.strictObject({
    ...ofRound,
    of: committedSchema,
    /** SHA-256 of the text of the sealed update or attestation, whose signature hides what it says */
    commitment: digestSchema,
  }),
  'round.reveal': z.strictObject({ ...ofRound, of: committedSchema }),
  'round.update': z.strictObject({
    ...ofRound,
    base: digestSchema,
    /** what the rule carried into the round, where agents train by it and there is any */
    carry: digestSchema.optional(),
    update: artefactSchema,
    examples: z.int().min(1),
    /** RFC 6962 root over the agent's examples, and their number */
    dataset: z.strictObject({ root: digestSchema, size: z.int().min(1) }),
    metrics: trainingMetricsSchema,
    privacy: z.strictObject({ mechanism: z.literal('none') }),
  }),
  'round.root': z.strictObject({
    ...ofRound,
    base: digestSchema,
    /** what training on the job's root data changed */
    update: artefactSchema,
    metrics: trainingMetricsSchema,
  }),
  'round.close': z.strictObject(ofRound),
  'round.attest': z.strictObject({
    ...ofRound,
    base: digestSchema,
    updates: updatesSchema,
    /** recorded updates left out of the aggregate, in order of their agents' names */
    excluded: z.array(exclusionSchema).max(1000),
    /** where the job has root data */
    rootUpdates: rootUpdatesSchema.optional(),
    /** the new model: safetensors of F32 */
    aggregate: artefactSchema,
    /** what the job's rule hands to the next round, where it carries something: safetensors of F32 */
    carry: artefactSchema.optional(),
    evaluation: evaluationSchema,
    /** where the job asks for scores: one for each accepted update, in order of their agents' names */
    scores: scoreListSchema.optional(),
    /** where the job selects agents: the organisation's part in the seed of the next round, and its promise for the one after */
    beacon: beaconSchema.optional(),
  }),
  'round.finalise': z.strictObject({
    ...ofRound,
    aggregate: digestSchema,
    /** the agreeing organisations, sorted, each once */
    organisations: z.array(nameSchema).min(1).max(64),
  }),
  'round.abandon': z.strictObject({ ...ofRound, reason: reasonSchema }),
  /** the organisation whose agents' reputations move */
  'round.settle': z.strictObject({ ...ofRound, organisation: nameSchema }),
} as const satisfies Record<Act, z.ZodType>;

/** The statement of an act. */
export type Statement<A extends Act> = z.infer<(typeof statementSchemas)[A]>;
/** A statement before it is sealed, which adds `jti`. */
export type Unsealed<A extends Act> = Omit<Statement<A>, 'jti'>;

/** An envelope whose statement has been read. */
export interface Stated<A extends Act> {
  readonly envelope: Envelope;
  readonly statement: Statement<A>;
  readonly organisation: string;
  readonly name: string;
  /** what the signer's certificate says of it, once the envelope is authenticated */
  readonly holder?: Holder;
}

/** Organisation and name of a signatory, `<organisation>/<name>`. */
export function splitSignatory(by: string): { organisation: string; name: string } {
  const [organisation = '', name = ''] = by.split('/');
  return { organisation, name };
}

/**
 * Opens an envelope and reads its statement; its signature is still to be verified.
 * @throws what openEnvelope throws, and ERR_DOCUMENT_INVALID
 */
export function readStatement<A extends Act>(act: A, text: string): Stated<A> {
  const envelope = openEnvelope(text, act);
  const schema: z.ZodType = statementSchemas[act];
  const statement = parse(`${act} statement`, schema, envelope.statement) as Statement<A>;
  return { envelope, statement, ...splitSignatory(statement.by) };
}
