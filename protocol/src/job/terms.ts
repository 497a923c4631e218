// The terms of a job: what its organisations agree to by vote, and what every later check refers to.

import { z } from 'zod';
import { needsRoot, ruleIssues, ruleSchema } from '../aggregate/rules.ts';
import { stateIssues, stateSchema } from '../aggregate/state.ts';
import { canonicalise } from '../bytes/canonical.ts';
import { CID_PATTERN } from '../bytes/content-id.ts';
import { bitLength } from '../bytes/fixed-point.ts';
import { DIGEST_PATTERN, digestOf, type Digest } from '../bytes/digest.ts';
import { nameSchema } from '../envelope/names.ts';
import type { Issue } from '../catalogue.ts';
import { MusterError } from '../errors.ts';
import { mostUpdates } from '../ledger/keys.ts';
import { scoreIssues, scoresSchema } from '../round/scores.ts';
import { selectionSchema } from '../round/sortition.ts';
import { layoutSchema, ROOT_BYTES_MAX } from './root-data.ts';

export const digestSchema = z.string().regex(DIGEST_PATTERN, 'must be sha256:<64 hex digits>');
export const cidSchema = z.string().regex(CID_PATTERN, 'must be CIDv1, base32, SHA-256');

/** Bytes under a content id, with their plain digest and size. */
export const artefactSchema = z.strictObject({
  cid: cidSchema,
  digest: digestSchema,
  size: z
    .int()
    .min(1)
    .max(2 ** 40),
});
export type Artefact = z.infer<typeof artefactSchema>;

const DAY_MS = 24 * 60 * 60 * 1000;
const count = (max: number): z.ZodInt => z.int().min(1).max(max);

/** A span of time in a round, milliseconds. */
const window = z
  .int()
  .min(100)
  .max(90 * DAY_MS);

export const termsSchema = z.strictObject({
  name: nameSchema,
  /** the ONNX model */
  model: artefactSchema,
  /** its initial parameters: safetensors of F32 in the model's parameter order */
  base: artefactSchema,
  /** how to train: canonical JSON that names the train-step graph and the hyper-parameters */
  recipe: artefactSchema,
  rule: ruleSchema,
  /** running statistics and the like, which have a rule of their own; none by default */
  state: stateSchema.optional(),
  /** whether and how validators score updates, and how fast reputations follow; not by default */
  scores: scoresSchema.optional(),
  /** examples that every validator trains on, of rules that weigh updates by a root update; everybody can read them */
  root: z
    .strictObject({
      /** safetensors of `features` and `targets` */
      data: artefactSchema.extend({ size: z.int().min(1).max(ROOT_BYTES_MAX) }),
      layout: layoutSchema,
      /** passes over them in a round, in place of the recipe's: a few examples need more for as many steps as agents take */
      epochs: count(100_000),
    })
    .optional(),
  /** the organisations of the job, sorted, each once */
  organisations: z.array(nameSchema).min(1).max(64),
  quorum: z.strictObject({
    /** organisations whose officers must approve the job */
    approvals: count(64),
    /** organisations whose validators must attest one model */
    attestations: count(64),
  }),
  participation: z.strictObject({
    /** updates a round needs */
    minimum: count(100_000),
    /** updates at which a round may close before its window ends */
    complete: count(100_000),
  }),
  rounds: count(100_000),
  windows: z.strictObject({
    /** milliseconds from open, or from when commitments are revealed, in which updates are recorded */
    updatesMs: window,
    /** milliseconds from close in which attestations are recorded */
    attestationsMs: window,
  }),
  /** who seals something commits to it before anybody can read it; without it nobody does */
  commitments: z
    .strictObject({
      /** milliseconds from open in which agents commit to their updates; windows.updatesMs begins after it */
      updatesMs: window.optional(),
      /** milliseconds from close in which validators commit to their attestations; windows.attestationsMs begins after it */
      attestationsMs: window.optional(),
    })
    .optional(),
  /** each round takes a share of all agents, by a seed that no one controls; all by default */
  selection: selectionSchema.optional(),
  limits: z.strictObject({
    /** updates of one organisation in one round */
    updates: count(25_000),
    /** bytes of an update artefact */
    updateBytes: count(2 ** 33),
    /** examples an agent may claim */
    examples: count(2 ** 31),
    /** rounds that may be abandoned before the job fails */
    abandoned: z.int().min(0).max(1000),
  }),
  fixedPoint: z.strictObject({
    fractionBits: z.int().min(1).max(30),
    magnitudeBits: z.int().min(2).max(31),
  }),
  /** seeds every random draw of the job */
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type Terms = z.infer<typeof termsSchema>;

/** What no single field shows: the terms must be consistent with each other. */
function contradictions(terms: Terms): Issue[] {
  const { organisations, quorum, participation, limits, fixedPoint } = terms;
  const members = organisations.length;
  const found: Issue[] = [];
  const must = (holds: boolean, field: string, problem: string): void => {
    if (!holds) found.push({ field, problem });
  };
  must(
    organisations.every((name, i) => i === 0 || (organisations[i - 1] as string) < name),
    'organisations',
    'must be sorted, each once',
  );
  must(quorum.approvals <= members, 'quorum.approvals', `must be at most ${members}, the organisations`);
  // a minority could otherwise decide what the model is
  must(2 * quorum.attestations > members, 'quorum.attestations', `must be more than half of ${members} organisations`);
  must(quorum.attestations <= members, 'quorum.attestations', `must be at most ${members}, the organisations`);
  must(
    participation.minimum <= participation.complete,
    'participation.minimum',
    'must be at most participation.complete',
  );
  must(
    participation.complete <= limits.updates * members,
    'participation.complete',
    `must be at most ${limits.updates * members}, limits.updates of all organisations`,
  );
  must(
    terms.commitments === undefined || Object.keys(terms.commitments).length > 0,
    'commitments',
    'must name updatesMs, attestationsMs or both',
  );
  const bits = fixedPoint.magnitudeBits + bitLength(limits.examples * mostUpdates(terms));
  must(bits <= 53, 'limits.examples', `sums would need ${bits} bits and are exact up to 53`);
  const asks = needsRoot(terms.rule);
  must(!asks || terms.root !== undefined, 'root', `is needed by ${terms.rule.name}`);
  must(asks || terms.root === undefined, 'root', `is of no use to ${terms.rule.name}`);
  const most = mostUpdates(terms);
  const ofRule = ruleIssues(terms.rule, participation.minimum, most);
  return [...found, ...ofRule, ...stateIssues(terms.state), ...scoreIssues(terms, participation.minimum, most)];
}

/**
 * Checks what the schema cannot: that the terms do not contradict each other.
 * @throws ERR_JOB_TERMS naming every contradiction
 */
export function verifyTerms(terms: Terms): void {
  const found = contradictions(terms);
  if (found.length > 0) throw new MusterError('ERR_JOB_TERMS', { issues: found });
}

/**
 * Root updates that a round needs before it closes: none of most rules, else as many as attestations. Fewer than half of those
 * may lie; more would let organisations stop a round whose attestations it can do without.
 */
export function rootsNeeded({ root, quorum }: Pick<Terms, 'root' | 'quorum'>): number {
  return root === undefined ? 0 : quorum.attestations;
}

/** Digest of the canonical terms: keys every random draw, so that equal terms give equal models. */
export function termsDigest(terms: Terms): Digest {
  return digestOf(canonicalise(terms));
}
