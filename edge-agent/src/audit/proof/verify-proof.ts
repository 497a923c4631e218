// Verifying a proof file: no network, no Fabric, nothing but the file and the anchor.

import type { Artefact } from '@muster/protocol';
import { verifyArtefact } from '../../job/verify-artefact.ts';
import { auditModel, type Audited, type AuditOptions, type Evidence } from '../audit-model.ts';
import { refuse, requireEqual, within } from '../refuse.ts';
import { requireManifest } from './manifest-difference.ts';
import { openCar, type ByteSource, type Car } from './car.ts';
import { artefactsOf, assemble, cut, readFrame, type Embedded, type Frame, type Section } from './manifest.ts';
import { sectionCid } from './car.ts';

export interface ProofOptions extends Pick<AuditOptions, 'anchor' | 'tell'> {
  /** the model that the file must be a proof of; its own claim where none is given */
  readonly model?: string;
}

function* blocksOf(car: Car, { blocks }: Frame): Generator<Uint8Array> {
  for (const [number, cid] of blocks.entries()) yield car.read(cid, `block ${number}`);
}

/** An artefact from its pieces; undefined where the file does not list it. */
function artefactReader(car: Car, { artefacts }: Frame): (artefact: Artefact) => Uint8Array | undefined {
  const pieces = new Map(artefacts.map((one) => [one.cid, one.pieces]));
  return ({ cid }) => {
    const found = pieces.get(cid);
    return found && Buffer.concat(found.map((piece) => car.read(piece, `artefact ${cid}`)));
  };
}

/** Every section, by what it is, in its place: nothing missing, nothing else, and each with its own bytes. */
function requireSections(car: Car, sections: readonly Section[]): void {
  const expected = [...new Map(sections.map((one) => [one.cid, one])).values()];
  for (const [at, { cid, record, bytes }] of expected.entries()) {
    if (car.order[at + 1] !== cid) refuse(record, `section ${at + 1} of the proof file is not ${cid}`);
    requireEqual(record, 'what the proof file holds', car.read(cid, record), bytes());
  }
  const rest = car.order.length - 1 - expected.length;
  if (rest > 0) refuse('proof file', `holds ${rest} sections that nothing refers to`);
}

/**
 * What a file must hold beside the blocks, given what the blocks say.
 * @throws ERR_AUDIT_FAILED
 */
export function verifyContents(car: Car, frame: Frame, audited: Audited, anchor: string): void {
  const blocks = frame.blocks.map((cid, number): Section => {
    const record = `block ${number}`;
    return { cid, record, bytes: () => car.read(cid, record) };
  });
  const read = artefactReader(car, frame);
  const embedded =
    frame.embeds === 'digests'
      ? []
      : artefactsOf(audited).flatMap((artefact): Embedded[] => {
          const bytes = read(artefact);
          if (bytes !== undefined) within(`artefact ${artefact.cid}`, () => verifyArtefact(artefact, bytes));
          return bytes === undefined ? [] : [{ artefact, pieces: cut(bytes).map(sectionCid), bytes: () => bytes }];
        });
  const { root, sections } = assemble(audited, { anchor, model: frame.model, embeds: frame.embeds }, blocks, embedded);
  requireManifest(car.read(car.root, 'manifest'), root);
  requireSections(car, sections);
}

/** Ledger and artefacts of a file, as evidence; nothing of it is believed. */
export function evidenceOf(car: Car, frame: Frame): Evidence {
  const read = artefactReader(car, frame);
  return {
    blocks: () => blocksOf(car, frame),
    artefacts: frame.embeds === 'digests' ? undefined : (artefact) => Promise.resolve(read(artefact)),
  };
}

/**
 * Verifies a proof file.
 * @returns what it proves, and the model that it is a proof of
 * @throws ERR_AUDIT_FAILED naming block, transaction, certificate, envelope or artefact
 */
export async function verifyProof(
  source: ByteSource,
  { anchor, model, tell }: ProofOptions,
): Promise<Audited & { readonly model: string }> {
  const car = openCar(source);
  const frame = readFrame(car.read(car.root, 'manifest'));
  if (model !== undefined && model !== frame.model) refuse('manifest', `is a proof of ${frame.model}, not of ${model}`);
  const { chaincode, job } = frame;
  const audited = await auditModel(evidenceOf(car, frame), { anchor, chaincode, job, model: frame.model, tell });
  const { blocks } = audited.audit.totals;
  if (blocks !== frame.blocks.length) refuse(`block ${blocks}`, 'comes after the one that finalised the model');
  verifyContents(car, frame, audited, `sha256:${Buffer.from(anchor.genesis).toString('hex')}`);
  tell({ check: 'proof file', detail: `${car.order.length} sections: none else, none missing` });
  return { ...audited, model: frame.model };
}
