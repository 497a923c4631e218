// The audit of a model: ledger from genesis to the block that finalised it, then its artefacts. Each check is told as it passes.

import type { Anchor } from './fabric/chain.ts';
import { verifyCopies, verifyJobFiles, verifyRound, type Artefacts, type RoundProof } from './aggregates.ts';
import { contributionChecks } from './contributions.ts';
import { finalisedIn, readLineage, type ModelLineage } from './lineage.ts';
import { independenceChecks } from './independence.ts';
import { refuse } from './refuse.ts';
import { sortitionChecks } from './sortition.ts';
import { LedgerAudit } from './replay/ledger-audit.ts';

/** A check that passed. */
export interface Check {
  readonly check: string;
  readonly detail: string;
}

/** Where ledger and artefacts come from; nothing of it is believed. */
export interface Evidence {
  /** blocks as bytes, from the genesis block on */
  blocks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** undefined: only the digests are at hand, so nothing can be recomputed */
  readonly artefacts: Artefacts | undefined;
}

export interface AuditOptions {
  readonly anchor: Anchor;
  readonly chaincode: string;
  /** digest of the model */
  readonly model: string;
  /** its job, where several made the same model; else the first that did counts */
  readonly job?: string;
  readonly tell: (check: Check) => void;
  /** told every block that was verified */
  readonly keep?: (block: Uint8Array) => void;
}

export interface Audited {
  readonly audit: LedgerAudit;
  readonly lineage: ModelLineage;
  /** empty where there were only digests */
  readonly rounds: readonly RoundProof[];
}

/** Blocks between two lines of progress. */
const TOLD_EVERY = 1000;

function tellBlock({ tell }: AuditOptions, audit: LedgerAudit, isConfiguration: boolean): void {
  const { blocks } = audit.totals;
  const { config } = audit.chain;
  if (isConfiguration) {
    const organisations = [...config.msps.keys()].sort().join(', ');
    const detail = `block ${blocks - 1}: ${config.consenters.length} orderers, organisations ${organisations}`;
    tell({ check: blocks === 1 ? 'genesis block is the anchor' : 'configuration', detail });
  }
  if (blocks % TOLD_EVERY === 0) tell({ check: 'blocks', detail: `${blocks} verified so far` });
}

function tellLedger({ tell }: AuditOptions, { totals, chain }: LedgerAudit): void {
  const { blocks, ordererSignatures, transactions, invalid, acts } = totals;
  tell({ check: 'hash chain', detail: `blocks 0 to ${blocks - 1}, ${totals.bytes} bytes` });
  tell({ check: 'orderers', detail: `${ordererSignatures} signatures, a quorum on every block` });
  tell({ check: 'endorsements', detail: `${transactions} transactions, ${invalid} of them rightly marked invalid` });
  const digest = chain.commitHash.toString('hex').slice(0, 16);
  tell({ check: 'world state', detail: `${chain.state.size} keys replayed, commit hash ${digest}… on every block` });
  tell({ check: 'acts', detail: `${acts} envelopes verified and decided again with the same outcome` });
}

async function readLedger(
  evidence: Evidence,
  options: AuditOptions,
): Promise<{ audit: LedgerAudit; lineage: ModelLineage }> {
  const audit = new LedgerAudit(options.anchor, options.chaincode);
  for await (const bytes of evidence.blocks()) {
    const { examined, acts } = audit.take(bytes);
    options.keep?.(bytes);
    tellBlock(options, audit, examined.isConfiguration);
    const found = finalisedIn(acts, options.model, options.job);
    if (found === undefined) continue;
    tellLedger(options, audit);
    return { audit, lineage: readLineage(audit, found.job, found.round) };
  }
  return refuse(`model ${options.model}`, `no round in the ${audit.totals.blocks} blocks of this ledger made it`);
}

/**
 * Audits a model.
 * @throws ERR_AUDIT_FAILED naming block, transaction, round, update or artefact, and what reading the evidence throws
 */
export async function auditModel(evidence: Evidence, options: AuditOptions): Promise<Audited> {
  const { tell } = options;
  const { audit, lineage } = await readLedger(evidence, options);
  const { job, rounds } = lineage;
  tell({ check: 'lineage', detail: `job ${job.job}, ${rounds.length} rounds, each on the model of the one before` });
  rounds.forEach(verifyCopies);
  contributionChecks(audit, lineage).forEach(tell);
  independenceChecks(audit, lineage).forEach(tell);
  sortitionChecks(lineage).forEach(tell);
  const { artefacts } = evidence;
  if (artefacts === undefined) {
    tell({ check: 'NOT CHECKED', detail: 'artefacts, train step and aggregates: only their digests are at hand' });
    return { audit, lineage, rounds: [] };
  }
  await verifyJobFiles(job, artefacts);
  tell({ check: 'job files', detail: 'model, base, recipe; train step derived from them' });
  const proofs: RoundProof[] = [];
  for (const round of rounds) {
    const proof = await verifyRound(job, round, artefacts);
    const { accepted, roots, excluded, unproven } = proof;
    const rooted = roots === 0 ? '' : `, median of ${roots} root updates`;
    const left = excluded === 0 ? '' : `, ${excluded} left out (${unproven} of them for bytes that were missing)`;
    const votes = `${round.attestations.length} attestations`;
    tell({
      check: `round ${proof.round}`,
      detail: `${accepted} updates${rooted}${left}, ${votes}, aggregate ${round.model.digest.slice(0, 23)}… bit for bit`,
    });
    proofs.push(proof);
  }
  return { audit, lineage, rounds: proofs };
}
