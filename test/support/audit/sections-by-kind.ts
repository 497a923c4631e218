// What the sections of a proof file are, so that a test of each kind leaves none out for being rare.

import type { Audited } from '../../../edge-agent/src/audit/audit-model.ts';
import type { Car } from '../../../edge-agent/src/audit/proof/car.ts';
import type { Frame, Manifest } from '../../../edge-agent/src/audit/proof/manifest.ts';

/** Sections of a file by what they are, blocks left out. */
export function sectionsByKind(car: Car, frame: Frame, { lineage: { job, rounds } }: Audited): Map<string, string[]> {
  const manifest = frame as unknown as Manifest;
  const { terms } = job;
  const artefacts = new Map<string, string>();
  // what is there under two names goes by the first
  const name = (kind: string, ...named: readonly ({ readonly cid: string } | undefined)[]): void => {
    for (const each of named) if (each !== undefined && !artefacts.has(each.cid)) artefacts.set(each.cid, kind);
  };
  name('job file', terms.model, terms.base, terms.recipe);
  name('root data', terms.root?.data);
  for (const { updates, roots, model, carry } of rounds) {
    name('update', ...updates.map(({ update }) => update));
    name('root update', ...roots.map(({ update }) => update));
    name('model', model);
    name('carry', carry);
  }
  const kinds = new Map([[car.root, 'manifest']]);
  for (const { cid, pieces } of frame.artefacts) for (const piece of pieces) kinds.set(piece, artefacts.get(cid)!);
  for (const { attestations } of manifest.rounds) {
    for (const { envelope } of attestations) kinds.set(envelope, 'attestation');
  }
  const blocks = new Set(frame.blocks);
  const sections = car.order.filter((cid) => !blocks.has(cid));
  return Map.groupBy(sections, (cid) => kinds.get(cid) ?? 'certificate or other envelope');
}
