// The manifest of a proof: the root of the file. It says nothing that the rest does not give, so a verifier makes it anew and
// compares: no bit of it is free.

import { canonicalBytes, DIGEST_PATTERN, parse, parseCanonical, type Artefact, type Terms } from '@muster/protocol';
import { z } from 'zod';
import type { Audited } from '../audit-model.ts';
import type { LineageRound } from '../lineage.ts';
import { refuse, within } from '../refuse.ts';
import type { RecordedAct } from '../replay/ledger-audit.ts';
import { sectionCid } from './car.ts';

/** A piece of an artefact; pieces end to end are the artefact. */
const CHUNK_BYTES = 1024 * 1024;

/** An envelope in the proof, and where the ledger holds it. */
interface EnvelopeEntry {
  readonly by: string;
  readonly envelope: string;
  readonly certificate: string;
  readonly block: number;
  readonly transaction: string;
}

export interface Manifest {
  readonly v: 1;
  readonly type: 'muster.proof';
  /** digest of the genesis block's header */
  readonly anchor: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly job: string;
  readonly model: string;
  readonly terms: Terms;
  readonly embeds: 'artefacts' | 'digests';
  /** content ids, from the genesis block to the one that finalised the model */
  readonly blocks: readonly string[];
  readonly certificates: readonly { readonly thumbprint: string; readonly by: string; readonly pem: string }[];
  readonly proposal: EnvelopeEntry;
  readonly votes: readonly EnvelopeEntry[];
  readonly rounds: readonly {
    readonly round: number;
    readonly base: Artefact;
    readonly model: Artefact;
    readonly carry?: Artefact;
    readonly updates: readonly (EnvelopeEntry & {
      readonly update: Artefact;
      readonly examples: number;
      /** why it was left out of the aggregate */
      readonly excluded?: string;
    })[];
    /** where the job has root data */
    readonly roots?: readonly (EnvelopeEntry & { readonly update: Artefact; readonly excluded?: string })[];
    readonly attestations: readonly EnvelopeEntry[];
    readonly finalisation: EnvelopeEntry;
  }[];
  /** artefacts in the file, by the pieces they are cut into */
  readonly artefacts: readonly { readonly cid: string; readonly pieces: readonly string[] }[];
}

const cid = z.string().max(100);
/** What a verifier needs before it can make the manifest anew; the rest is compared. */
const frame = z.looseObject({
  v: z.literal(1),
  type: z.literal('muster.proof'),
  chaincode: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  job: z.string().regex(/^[0-9a-f]{32}$/),
  model: z.string().regex(DIGEST_PATTERN),
  embeds: z.enum(['artefacts', 'digests']),
  blocks: z.array(cid).min(1),
  artefacts: z.array(z.looseObject({ cid, pieces: z.array(cid) })),
});
export type Frame = z.infer<typeof frame>;

/** Reads what a verifier goes by. @throws ERR_AUDIT_FAILED */
export function readFrame(bytes: Uint8Array): Frame {
  return within('manifest', () => parse('manifest', frame, parseCanonical(Buffer.from(bytes).toString('utf8'))));
}

/** A proof as it goes into a file: the manifest, and every section in order. */
export interface Assembled {
  readonly manifest: Manifest;
  readonly root: Uint8Array;
  readonly sections: readonly Section[];
}

/** A section by its content id; the bytes of a block need not be held. */
export interface Section {
  readonly cid: string;
  readonly record: string;
  readonly bytes: () => Uint8Array;
}

/** Cuts an artefact into pieces. */
export function cut(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES)
    pieces.push(bytes.subarray(start, start + CHUNK_BYTES));
  return pieces;
}

/** Artefacts of a lineage, each once, in the order of the lineage. */
export function artefactsOf({ lineage: { job, rounds } }: Audited): Artefact[] {
  const { terms } = job;
  const all = [terms.model, terms.base, terms.recipe, ...(terms.root === undefined ? [] : [terms.root.data])];
  for (const { updates, roots, model, carry } of rounds) {
    all.push(...[...updates, ...roots].map(({ update }) => update), model, ...(carry === undefined ? [] : [carry]));
  }
  return [...new Map(all.map((artefact) => [artefact.cid, artefact])).values()];
}

const text = (value: string): Uint8Array => Buffer.from(value, 'utf8');

function thumbprintOf(act: RecordedAct): string {
  const header = JSON.parse(Buffer.from(act.envelope.split('.')[0] ?? '', 'base64url').toString('utf8')) as Record<
    string,
    string
  >;
  return header['x5t#S256'] ?? refuse(`envelope ${act.jti}`, 'names no certificate');
}

function entryOf(act: RecordedAct): EnvelopeEntry {
  const { by, block, transaction, envelope } = act;
  return { by, envelope: sectionCid(text(envelope)), certificate: thumbprintOf(act), block, transaction };
}

/** Why somebody was left out, where it was. */
function leftOut(excluded: LineageRound['excluded'], by: string): { readonly excluded?: string } {
  const out = excluded.find((one) => one.by === by);
  return out === undefined ? {} : { excluded: out.code };
}

function roundEntry({
  round,
  updates,
  roots,
  attestations,
  excluded,
  excludedRoots,
  model,
  carry,
  finalisation,
}: LineageRound): Manifest['rounds'][number] {
  return {
    round: round.round,
    base: round.base,
    model,
    ...(carry === undefined ? {} : { carry }),
    updates: updates.map(({ by, update, examples, act }) => {
      return { ...entryOf(act), update, examples, ...leftOut(excluded, by) };
    }),
    ...(roots.length === 0
      ? {}
      : { roots: roots.map(({ by, update, act }) => ({ ...entryOf(act), update, ...leftOut(excludedRoots, by) })) }),
    attestations: attestations.map(({ act }) => entryOf(act)),
    finalisation: entryOf(finalisation),
  };
}

/** Certificates of everyone whose envelope the proof holds, as they were presented to the ledger. */
function certificatesOf(
  { audit }: Audited,
  acts: readonly RecordedAct[],
): { thumbprint: string; by: string; pem: string }[] {
  const wanted = new Set(acts.map(thumbprintOf));
  const found = new Map<string, { thumbprint: string; by: string; pem: string }>();
  for (const act of audit.acts.values()) {
    if (act.act !== 'consortium.enrol') continue;
    const thumbprint = thumbprintOf(act);
    if (!wanted.has(thumbprint) || found.has(thumbprint)) continue;
    const payload = Buffer.from(act.envelope.split('.')[1] ?? '', 'base64url').toString('utf8');
    found.set(thumbprint, {
      thumbprint,
      by: act.by,
      pem: (JSON.parse(payload) as { certificate: string }).certificate,
    });
  }
  return [...found.values()].sort((a, b) => (a.thumbprint < b.thumbprint ? -1 : 1));
}

/** Envelopes of a lineage, in its order. */
function actsOf({ lineage: { proposal, votes, rounds } }: Audited): { act: RecordedAct; record: string }[] {
  const named = (act: RecordedAct): { act: RecordedAct; record: string } => ({
    act,
    record: `envelope of ${act.act} by ${act.by} (block ${act.block})`,
  });
  return [
    proposal,
    ...votes,
    ...rounds.flatMap(({ updates, roots, attestations, finalisation }) => [
      ...updates.map(({ act }) => act),
      ...roots.map(({ act }) => act),
      ...attestations.map(({ act }) => act),
      finalisation,
    ]),
  ].map(named);
}

/** An artefact that the proof embeds, with its bytes when they are asked for. */
export interface Embedded {
  readonly artefact: Artefact;
  /** content ids of its pieces */
  readonly pieces: readonly string[];
  readonly bytes: () => Uint8Array;
}

/**
 * Makes the manifest of an audited model, and lists the sections of its proof.
 * @param blocks content ids of its blocks, with their bytes when they are asked for
 */
export function assemble(
  audited: Audited,
  options: Pick<Manifest, 'anchor' | 'model' | 'embeds'>,
  blocks: readonly Section[],
  embedded: readonly Embedded[],
): Assembled {
  const { audit, lineage } = audited;
  const acts = actsOf(audited);
  const certificates = certificatesOf(
    audited,
    acts.map(({ act }) => act),
  );
  const manifest: Manifest = {
    v: 1,
    type: 'muster.proof',
    ...options,
    channel: audit.chain.config.channel,
    chaincode: audit.chaincode,
    job: lineage.job.job,
    terms: lineage.job.terms,
    blocks: blocks.map((block) => block.cid),
    certificates: certificates.map(({ pem, ...rest }) => ({ ...rest, pem: sectionCid(text(pem)) })),
    proposal: entryOf(lineage.proposal),
    votes: lineage.votes.map(entryOf),
    rounds: lineage.rounds.map(roundEntry),
    artefacts: embedded.map(({ artefact, pieces }) => ({ cid: artefact.cid, pieces })),
  };
  const sections: Section[] = [
    ...blocks,
    ...certificates.map(({ by, pem }) => sectionOf(`certificate of ${by}`, text(pem))),
    ...acts.map(({ act, record }) => sectionOf(record, text(act.envelope))),
    ...embedded.flatMap(({ artefact, pieces, bytes }) =>
      pieces.map((piece, at) => ({
        cid: piece,
        record: `artefact ${artefact.cid}`,
        bytes: () => bytes().subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES),
      })),
    ),
  ];
  return { manifest, root: canonicalBytes(manifest), sections };
}

function sectionOf(record: string, bytes: Uint8Array): Section {
  return { cid: sectionCid(bytes), record, bytes: () => bytes };
}
