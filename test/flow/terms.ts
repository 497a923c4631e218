// The terms of the flow tests' jobs, and what they name.

import { cidOf } from '../../protocol/src/bytes/content-id.ts';
import { digestOf } from '../../protocol/src/bytes/digest.ts';
import type { Artefact, Terms } from '../../protocol/src/job/terms.ts';

export const ORGANISATIONS = ['airforce', 'army', 'navy'] as const;
export const START = Date.UTC(2026, 5, 1);

/** Some bytes as an artefact. */
export function artefactOf(text: string): Artefact {
  const bytes = Buffer.from(text);
  return { cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length };
}

export const BASE = artefactOf('base');
export const AGGREGATE = artefactOf('aggregate');

/** Small terms: two of three approve and attest; a round takes two updates and is complete with three. */
export function termsWith(changes: Partial<Terms> = {}): Terms {
  return {
    name: 'ship-classifier',
    model: artefactOf('model'),
    base: BASE,
    recipe: artefactOf('recipe'),
    rule: { name: 'fed-avg', options: {} },
    organisations: [...ORGANISATIONS],
    quorum: { approvals: 2, attestations: 2 },
    participation: { minimum: 2, complete: 3 },
    rounds: 2,
    windows: { updatesMs: 60_000, attestationsMs: 60_000 },
    limits: { updates: 2, updateBytes: 1000, examples: 1000, abandoned: 1 },
    fixedPoint: { fractionBits: 16, magnitudeBits: 24 },
    seed: 7,
    ...changes,
  };
}
