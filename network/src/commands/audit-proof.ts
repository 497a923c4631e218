// muster audit verify and export: the whole lineage of a model, recomputed; and the file with which anyone recomputes it again.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  anchorOf,
  auditModel,
  type Anchor,
  type Audited,
  type ByteSource,
  type Check,
  type Evidence,
  exportProof,
  readBlock,
  verifyProof,
} from '@muster/edge-agent/audit';
import { createArtefactSource, type Gateway } from '@muster/edge-agent';
import { DIGEST_PATTERN, isMusterError, MusterError } from '@muster/protocol';
import type { Command } from 'commander';
import type { NetworkPlan } from '../derive/plan.ts';
import { findJob } from './find-job.ts';
import { asMember, madePlan, type MemberOptions, withMember } from './member-options.ts';

interface AuditCommandOptions extends MemberOptions {
  readonly anchor?: string;
  readonly job?: string;
}

interface VerifyOptions extends AuditCommandOptions {
  readonly proof?: string;
}

interface ExportOptions extends AuditCommandOptions {
  readonly out: string;
  readonly digestsOnly?: boolean;
}

const ANCHOR = 'the genesis block: its hash, sha256:…, or its file (default: the one this network was founded with)';

/** Adds both commands to `muster audit`. */
export function registerProof(audit: Command): void {
  withMember(audit.command('verify'))
    .description('recompute how a model came to be, from ledger blocks and artefacts alone; 5 is the exit code of a no')
    .argument('[model]', 'its digest, sha256:…; with --proof only where the file must be of this model')
    .option('--job <job>', 'of this job, by its id or the beginning of it, where several made the same model')
    .option('--proof <file>', 'from a proof file: without network, Fabric or a running Muster')
    .option('--anchor <hash or file>', ANCHOR)
    .action(verify);
  withMember(audit.command('export'))
    .description('write a proof file (CAR) of a model, once it is verified')
    .argument('<model>', 'its digest, sha256:…')
    .requiredOption('--out <file>', 'where to')
    .option('--job <job>', 'of this job, where several made the same model')
    .option('--digests-only', 'leave the artefacts out: aggregates can then not be recomputed from the file')
    .option('--anchor <hash or file>', ANCHOR)
    .action(exportTo);
}

/** The hash that everything hangs from: given as such, or that of a genesis block's file. */
async function readAnchor(given: string | undefined, plan: () => Promise<NetworkPlan>): Promise<Anchor> {
  if (given !== undefined && DIGEST_PATTERN.test(given)) return anchorOf(given);
  const file = given ?? (await plan()).genesisFile;
  return { genesis: readBlock(await readFile(file), 0, { stored: false }).hash };
}

function teller({ json }: MemberOptions): (check: Check) => void {
  return ({ check, detail }) => {
    const line =
      json === true ? JSON.stringify({ event: 'check', check, detail }) : `ok  ${check.padEnd(28)} ${detail}`;
    process.stdout.write(`${line}\n`);
  };
}

function tellVerdict({ json }: MemberOptions, model: string, { audit, lineage, rounds }: Audited): void {
  const whole = rounds.length === lineage.rounds.length;
  const { blocks, acts } = audit.totals;
  const verdict = {
    event: 'verdict',
    verified: true,
    whole,
    model,
    job: lineage.job.job,
    rounds: lineage.rounds.length,
    blocks,
    acts,
  };
  const text = whole
    ? `VERIFIED: ${model} is the model of ${lineage.rounds.length} rounds of job ${lineage.job.job}, recomputed bit for bit`
    : `VERIFIED, BUT NOT RECOMPUTED: the ledger attests ${model}; the artefacts that it was made of are not at hand`;
  process.stdout.write(`${json === true ? JSON.stringify(verdict) : text}\n`);
}

/** The ledger and the stores behind gateways; what they give is verified. */
function gatewayEvidence(gateway: Gateway, embeds: boolean): Evidence {
  const fetch = createArtefactSource(gateway);
  return {
    blocks: () => gateway.blocks(0),
    artefacts: embeds
      ? async (artefact) => {
          try {
            return await fetch(artefact);
          } catch (error) {
            if (isMusterError(error, 'ERR_ARTEFACT_UNKNOWN') || isMusterError(error, 'ERR_ARTEFACT_MISMATCH'))
              return undefined;
            throw error;
          }
        }
      : undefined,
  };
}

/** A file, read piece by piece. */
function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = openSync(path, 'r');
  const source: ByteSource = {
    size: fstatSync(file).size,
    read(offset, length) {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    },
  };
  return use(source).finally(() => closeSync(file));
}

async function verify(model: string | undefined, options: VerifyOptions): Promise<void> {
  const anchor = await readAnchor(options.anchor, () => madePlan(options));
  const tell = teller(options);
  if (options.proof !== undefined) {
    const named = model === undefined ? {} : { model };
    const proven = await withFile(options.proof, (source) => verifyProof(source, { anchor, tell, ...named }));
    tellVerdict(options, proven.model, proven);
    return;
  }
  if (model === undefined) {
    const issues = [{ field: 'model', problem: 'its digest or --proof is needed' }];
    throw new MusterError('ERR_DOCUMENT_INVALID', { document: 'arguments', issues });
  }
  await asMember(options, async ({ gateway, plan }) => {
    const job = await jobOf(gateway, options);
    const { chaincode } = plan.description;
    const audited = await auditModel(gatewayEvidence(gateway, true), { anchor, chaincode, model, tell, ...job });
    tellVerdict(options, model, audited);
  });
}

async function jobOf(gateway: Gateway, { job }: AuditCommandOptions): Promise<{ readonly job?: string }> {
  return job === undefined ? {} : { job: (await findJob(gateway, job)).job };
}

async function exportTo(model: string, options: ExportOptions): Promise<void> {
  const anchor = await readAnchor(options.anchor, () => madePlan(options));
  await asMember(options, async ({ gateway, plan }) => {
    const evidence = gatewayEvidence(gateway, options.digestsOnly !== true);
    const { chaincode } = plan.description;
    const job = await jobOf(gateway, options);
    const proof = await exportProof(evidence, { anchor, chaincode, model, tell: teller(options), ...job });
    const { bytes, digest } = writeFile(options.out, proof.car());
    tellVerdict(options, model, proof.audited);
    const { blockBytes, manifest } = proof;
    const told = { event: 'proof', file: options.out, bytes, blockBytes, digest, anchor: manifest.anchor };
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(told)}\n`
        : `wrote ${options.out}: ${bytes} bytes, ${blockBytes} of them ${manifest.blocks.length} blocks; ${digest}\n` +
            `verify it anywhere: muster audit verify --proof ${options.out} --anchor ${manifest.anchor}\n`,
    );
  });
}

function writeFile(path: string, pieces: Iterable<Uint8Array>): { bytes: number; digest: string } {
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  let bytes = 0;
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) at += writeSync(file, piece, at);
      hash.update(piece);
      bytes += piece.length;
    }
  } finally {
    closeSync(file);
  }
  return { bytes, digest: `sha256:${hash.digest('hex')}` };
}
