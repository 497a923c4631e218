// Exporting: a model is audited first, and what was read on the way becomes the proof. A lineage that does not hold has none.

import { auditModel, type Audited, type AuditOptions, type Evidence } from '../audit-model.ts';
import { verifyArtefact } from '../../job/verify-artefact.ts';
import { refuse } from '../refuse.ts';
import { sectionCid, writeCar } from './car.ts';
import { artefactsOf, assemble, cut, type Embedded, type Manifest, type Section } from './manifest.ts';

export interface Proof {
  readonly audited: Audited;
  readonly manifest: Manifest;
  /** bytes of the blocks among the file's */
  readonly blockBytes: number;
  /** the file, piece by piece */
  readonly car: () => Generator<Uint8Array>;
}

async function embed(audited: Audited, evidence: Evidence): Promise<Embedded[]> {
  const embedded: Embedded[] = [];
  for (const artefact of artefactsOf(audited)) {
    const bytes = await evidence.artefacts?.(artefact);
    if (bytes === undefined) continue; // an update that was left out because nobody had it
    verifyArtefact(artefact, bytes);
    embedded.push({ artefact, pieces: cut(bytes).map(sectionCid), bytes: () => bytes });
  }
  return embedded;
}

/**
 * Audits a model and makes its proof: blocks, certificates, envelopes, and its artefacts where `evidence` has them.
 * @throws as auditModel
 */
export async function exportProof(evidence: Evidence, options: AuditOptions): Promise<Proof> {
  const blocks: Section[] = [];
  let blockBytes = 0;
  const keep = (bytes: Uint8Array): void => {
    blockBytes += bytes.length;
    blocks.push({ cid: sectionCid(bytes), record: `block ${blocks.length}`, bytes: () => bytes });
  };
  const audited = await auditModel(evidence, { ...options, keep });
  const embeds = evidence.artefacts === undefined ? 'digests' : 'artefacts';
  const anchor = `sha256:${Buffer.from(options.anchor.genesis).toString('hex')}`;
  const embedded = await embed(audited, evidence);
  const { manifest, root, sections } = assemble(audited, { anchor, model: options.model, embeds }, blocks, embedded);
  if (new Set(blocks.map(({ cid }) => cid)).size !== blocks.length) refuse('blocks', 'two are the same');
  return {
    audited,
    manifest,
    blockBytes,
    car: () =>
      writeCar(
        root,
        sections.values().map((one) => one.bytes()),
      ),
  };
}
