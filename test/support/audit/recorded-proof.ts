// The recorded proof of test/vectors/audit: a ledger as four real peers and orderers made it.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { anchorOf, bufferSource, type Anchor } from '../../../edge-agent/src/audit/index.ts';
import { openCar } from '../../../edge-agent/src/audit/proof/car.ts';
import { vectorPath } from '../vectors.ts';

export interface RecordedProof {
  readonly car: Buffer;
  readonly anchor: Anchor;
  readonly blocks: readonly Buffer[];
}

/** Reads it. */
export function readRecordedProof(): RecordedProof {
  const bytes = gunzipSync(readFileSync(vectorPath('audit', 'digests.car.gz')));
  const car = openCar(bufferSource(bytes));
  const manifest = JSON.parse(car.read(car.root, 'manifest').toString('utf8')) as { anchor: string; blocks: string[] };
  const blocks = manifest.blocks.map((cid, number) => car.read(cid, `block ${number}`));
  return { car: bytes, anchor: anchorOf(manifest.anchor), blocks };
}
