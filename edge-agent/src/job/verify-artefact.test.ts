// Bytes against the record of them.

import { cidOf, digestOf, type Artefact } from '@muster/protocol';
import { expect, test } from '@jest/globals';
import { verifyArtefact } from './verify-artefact.ts';

const bytes = new TextEncoder().encode('a model');
const artefact: Artefact = { cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length };

test('content id, digest and size must name the same bytes', () => {
  expect(() => verifyArtefact(artefact, bytes)).not.toThrow();
  const lies: Artefact[] = [
    { ...artefact, cid: cidOf(Uint8Array.of(1)) },
    { ...artefact, digest: digestOf('another') },
    { ...artefact, size: bytes.length + 1 },
  ];
  for (const lie of lies) {
    expect(() => verifyArtefact(lie, bytes)).toThrow(expect.objectContaining({ code: 'ERR_ARTEFACT_MISMATCH' }));
  }
});
