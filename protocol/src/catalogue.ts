// The catalogue of everything Muster refuses or fails at: one code, one family, one HTTP status, one sentence.
// Codes are never renamed, reused or given a new meaning.

import { commitmentEntries } from './catalogue-commitments.ts';
import { conflict, defect, issues, refused, unreachable, type Family, type Issue } from './catalogue-entry.ts';
import { networkEntries } from './catalogue-network.ts';
import { trainingEntries } from './catalogue-training.ts';
import { tellSkew, type Skew } from './tell-skew.ts';

export type { Family, Issue };

/** Code -> family, HTTP status and public sentence. The one place a failure is defined. */
export const catalogue = {
  // encodings
  ERR_CANONICAL_INVALID: refused<{ reason: string }>(400, (d) => `not canonical JSON (RFC 8785): ${d.reason}`),
  ERR_JSON_INVALID: refused<{ reason: string }>(400, (d) => `JSON: ${d.reason}`),
  ERR_DOCUMENT_INVALID: refused<{ document: string; issues: readonly Issue[] }>(
    400,
    (d) => `${d.document} is invalid: ${issues(d.issues)}`,
  ),
  ERR_CID_INVALID: refused<{ cid: string; reason: string }>(400, (d) => `content id ${d.cid}: ${d.reason}`),
  ERR_DIGEST_INVALID: refused<{ digest: string }>(400, (d) => `digest ${d.digest} is not sha256:<64 hex digits>`),
  ERR_TENSORS_MALFORMED: refused<{ reason: string }>(422, (d) => `safetensors: ${d.reason}`),
  ERR_AUDIT_FAILED: refused<{ record: string; reason: string }>(422, (d) => `${d.record}: ${d.reason}`),
  ERR_PROOF_INVALID: refused<{ reason: string }>(422, (d) => `Merkle proof: ${d.reason}`),

  // envelopes and certificates
  ERR_ENVELOPE_MALFORMED: refused<{ reason: string }>(400, (d) => `envelope: ${d.reason}`),
  ERR_ENVELOPE_TOO_LARGE: refused<{ bytes: number; limit: number }>(
    413,
    (d) => `envelope of ${d.bytes} bytes, the limit is ${d.limit}`,
  ),
  ERR_ENVELOPE_TYPE: refused<{ typ: string; expected: string }>(
    422,
    (d) => `envelope is a ${d.typ}, expected a ${d.expected}`,
  ),
  ERR_ENVELOPE_JTI: refused<{ jti: string; expected: string }>(
    422,
    (d) => `jti ${d.jti} is not the digest of its statement (${d.expected}); a jti serves one statement only`,
  ),
  ERR_ENVELOPE_REPLAYED: refused<{ jti: string }>(409, (d) => `envelope ${d.jti} was used before`),
  ERR_ENVELOPE_STALE: refused<{ iat: number; latest: number }>(
    409,
    (d) => `statement made at ${d.iat} is not newer than the recorded one of ${d.latest}`,
  ),
  ERR_SIGNATURE_INVALID: refused<{ certificate: string }>(
    401,
    (d) => `the signature does not verify with certificate ${d.certificate}`,
  ),
  ERR_CERTIFICATE_MALFORMED: refused<{ reason: string }>(400, (d) => `certificate: ${d.reason}`),
  ERR_CERTIFICATE_UNKNOWN: refused<{ certificate: string; by: string }>(
    401,
    (d) => `certificate ${d.certificate} is not enrolled as ${d.by}`,
  ),
  ERR_CERTIFICATE_UNTRUSTED: refused<{ certificate: string; organisation: string }>(
    401,
    (d) => `certificate ${d.certificate} does not chain to a pinned root of ${d.organisation}`,
  ),
  ERR_CERTIFICATE_EXPIRED: refused<{ certificate: string; notAfter: number; at: number }>(
    401,
    (d) => `certificate ${d.certificate} expired at ${d.notAfter}, the transaction is of ${d.at}`,
  ),
  ERR_CERTIFICATE_NOT_YET_VALID: refused<{ certificate: string; notBefore: number; at: number }>(
    401,
    (d) => `certificate ${d.certificate} is valid from ${d.notBefore}, the transaction is of ${d.at}`,
  ),
  ERR_CERTIFICATE_REVOKED: refused<{ certificate: string; at: number }>(
    401,
    (d) => `certificate ${d.certificate} was revoked at ${d.at}`,
  ),
  ERR_ROLE_FORBIDDEN: refused<{ role: string; allowed: readonly string[]; act: string }>(
    403,
    (d) => `role ${d.role} may not ${d.act}; it takes ${d.allowed.join(' or ')}`,
  ),

  // consortium
  ERR_ORGANISATION_UNKNOWN: refused<{ organisation: string }>(404, (d) => `organisation ${d.organisation} is unknown`),
  ERR_ORGANISATION_EXISTS: refused<{ organisation: string }>(
    409,
    (d) => `organisation ${d.organisation} is registered with other roots`,
  ),
  ERR_ORGANISATION_CREATOR: refused<{ organisation: string; creator: string }>(
    403,
    (d) => `only ${d.organisation} itself may do this, the transaction is of ${d.creator}`,
  ),

  // jobs
  ERR_JOB_UNKNOWN: refused<{ job: string }>(404, (d) => `job ${d.job} is unknown`),
  ERR_JOB_AMBIGUOUS: refused<{ prefix: string; jobs: readonly string[] }>(
    409,
    (d) => `${d.prefix} is the beginning of several jobs: ${d.jobs.join(', ')}`,
  ),
  ERR_JOB_EXISTS: refused<{ job: string }>(409, (d) => `job ${d.job} exists`),
  ERR_JOB_TERMS: refused<{ issues: readonly Issue[] }>(422, (d) => `job terms: ${issues(d.issues)}`),
  ERR_JOB_STATUS: refused<{ job: string; status: string; expected: string }>(
    409,
    (d) => `job ${d.job} is ${d.status}, expected ${d.expected}`,
  ),
  ERR_JOB_OUTSIDER: refused<{ job: string; organisation: string }>(
    403,
    (d) => `organisation ${d.organisation} is not part of job ${d.job}`,
  ),
  ERR_JOB_UNSCORED: refused<{ job: string }>(409, (d) => `job ${d.job} has no scores: its terms do not ask for them`),
  ERR_VOTE_DUPLICATE: refused<{ job: string; organisation: string }>(
    409,
    (d) => `organisation ${d.organisation} has voted on job ${d.job}`,
  ),

  // rounds
  ERR_ROUND_UNKNOWN: refused<{ job: string; round: number }>(404, (d) => `round ${d.round} of job ${d.job} is unknown`),
  ERR_ROUND_PHASE: refused<{ job: string; round: number; phase: string; expected: string }>(
    409,
    (d) => `round ${d.round} of job ${d.job} is ${d.phase}, expected ${d.expected}`,
  ),
  ERR_ROUND_LATE: refused<{ job: string; round: number; at: number; until: number }>(
    409,
    (d) => `too late for round ${d.round} of job ${d.job}: ${d.at}, the window ended at ${d.until}`,
  ),
  ERR_ROUND_EARLY: refused<{ job: string; round: number; at: number; from: number }>(
    409,
    (d) => `too early for round ${d.round} of job ${d.job}: ${d.at}, possible from ${d.from}`,
  ),
  ERR_ROUND_BASE: refused<{ base: string; expected: string }>(
    409,
    (d) => `made on base model ${d.base}, the round's is ${d.expected}`,
  ),
  ERR_ROUND_FULL: refused<{ organisation: string; limit: number }>(
    409,
    (d) => `the round holds ${d.limit} updates of ${d.organisation} already, its limit`,
  ),
  ERR_ROUND_SETTLED: refused<{ job: string; round: number; organisation: string }>(
    409,
    (d) => `round ${d.round} of job ${d.job} is settled for ${d.organisation}`,
  ),
  ERR_ROUND_UNSETTLED: refused<{ job: string; round: number; organisation: string; first: number }>(
    409,
    (d) => `round ${d.round} of job ${d.job} is settled after round ${d.first}, which is open for ${d.organisation}`,
  ),
  ...commitmentEntries,
  ERR_UPDATE_DUPLICATE: refused<{ by: string; digest: string; recorded: string }>(
    409,
    (d) => `${d.by} has recorded update ${d.recorded} in this round; ${d.digest} is another`,
  ),
  ERR_UPDATE_LIMIT: refused<{ field: string; value: number; limit: number }>(
    422,
    (d) => `${d.field} is ${d.value}, the job's limit is ${d.limit}`,
  ),
  ERR_UPDATE_COPIED: refused<{ by: string; of: string }>(
    422,
    (d) => `the update of ${d.by} is that of ${d.of}, who was first`,
  ),
  ERR_UPDATE_LAYOUT: refused<{ reason: string }>(422, (d) => `update does not fit the model: ${d.reason}`),
  ERR_UPDATE_RANGE: refused<{ tensor: string; index: number; limit: number }>(
    422,
    (d) => `update: ${d.tensor}[${d.index}] is not a number within ±${d.limit}`,
  ),
  ERR_ATTESTATION_MISMATCH: refused<{ field: string; value: string; expected: string }>(
    409,
    (d) => `attestation: ${d.field} is ${d.value}, the ledger has ${d.expected}`,
  ),
  ERR_QUORUM_SHORT: refused<{ of: string; count: number; needed: number }>(
    409,
    (d) => `${d.count} ${d.of}, ${d.needed} are needed`,
  ),
  ERR_ENDORSER_DISSENTS: refused<{ organisation: string }>(
    409,
    (d) => `the peer of ${d.organisation} does not endorse a model that its organisation did not attest`,
  ),
  ERR_ENDORSER_SILENT: refused<{ organisations: readonly string[] }>(
    409,
    (d) => `the statement names endorsers that do not answer: ${d.organisations.join(', ')}`,
  ),
  ERR_RULE_UNKNOWN: refused<{ rule: string; known: readonly string[] }>(
    422,
    (d) => `aggregation rule ${d.rule} is unknown; known are ${d.known.join(', ')}`,
  ),
  ERR_RULE_BOUND: refused<{ rule: string; problem: string }>(422, (d) => `aggregation rule ${d.rule} ${d.problem}`),
  ERR_AGGREGATE_OVERFLOW: refused<{ bits: number }>(
    422,
    (d) => `weights and magnitudes need ${d.bits} bits, sums are exact up to 53`,
  ),

  // gateway and agents
  ERR_ARTEFACT_UNKNOWN: refused<{ cid: string }>(404, (d) => `artefact ${d.cid} is in no store that was reached`),
  ERR_ARTEFACT_MISMATCH: refused<{ cid: string; actual: string }>(
    422,
    (d) => `the bytes are those of ${d.actual}, not of ${d.cid}`,
  ),
  ERR_ARTEFACT_TOO_LARGE: refused<{ bytes: number; limit: number }>(
    413,
    (d) => `artefact of ${d.bytes} bytes, the limit is ${d.limit}`,
  ),
  ERR_ARTEFACT_RANGE: refused<{ cid: string; range: string }>(
    416,
    (d) => `artefact ${d.cid} has no bytes in the range ${d.range}`,
  ),
  ERR_MODEL_UNKNOWN: refused<{ digest: string }>(404, (d) => `no finalised round made model ${d.digest}`),
  ERR_ROUTE_UNKNOWN: refused<{ method: string; path: string }>(404, (d) => `no route ${d.method} ${d.path}`),
  ERR_METHOD_UNKNOWN: refused<{ method: string; path: string; allowed: readonly string[] }>(
    405,
    (d) => `${d.path} takes ${d.allowed.join(', ')}, not ${d.method}`,
  ),
  ERR_CLIENT_CERTIFICATE: refused<{ reason: string }>(
    401,
    (d) => `a client certificate of the consortium: ${d.reason}`,
  ),
  ERR_TRANSACTION_UNKNOWN: refused<{ transaction: string }>(404, (d) => `transaction ${d.transaction} is unknown`),
  ERR_IDEMPOTENCY_KEY: refused<{ key: string }>(
    422,
    (d) => `Idempotency-Key ${d.key} was used with another request body`,
  ),
  ERR_OVERLOADED: unreachable<{ queue: string; limit: number; retryAfterSeconds: number }>(
    429,
    (d) => `${d.queue} is full (${d.limit}), try again in ${d.retryAfterSeconds} s`,
  ),
  ERR_REQUEST_SLOW: unreachable<{ what: string; ms: number }>(
    408,
    (d) => `the ${d.what} of the request did not arrive within ${d.ms} ms`,
  ),
  ERR_LEDGER_CONFLICT: conflict<{ transaction: string; status: string }>(
    409,
    (d) => `transaction ${d.transaction} was invalidated: ${d.status}`,
  ),
  ERR_LEDGER_UNREACHABLE: unreachable<{ reason: string }>(503, (d) => `the ledger cannot be reached: ${d.reason}`),
  ERR_LEDGER_REFUSED: refused<{ reason: string }>(502, (d) => `the ledger refused the transaction: ${d.reason}`),
  ERR_GATEWAY_UNREACHABLE: unreachable<{ url: string; reason: string }>(
    503,
    (d) => `gateway ${d.url} cannot be reached: ${d.reason}`,
  ),
  ERR_CLOCK_SKEWED: unreachable<Skew>(503, tellSkew),
  ERR_STORAGE_FULL: unreachable<{ store: string }>(507, (d) => `no room on the disk for ${d.store}`),
  ...trainingEntries,
  ...networkEntries,
  ERR_DEFECT: defect<{ reference: string }>(500, (d) => `internal error, reference ${d.reference}`),
} as const;
