// Bytes against the record of them. Alone in its file: workers that check artefacts need nothing else of a job.

import { digestOf, MusterError, verifyCid, type Artefact } from '@muster/protocol';

/**
 * Checks bytes against the record of them: content id, digest and size must name the same bytes.
 * @throws ERR_ARTEFACT_MISMATCH
 */
export function verifyArtefact({ cid, digest, size }: Artefact, bytes: Uint8Array): void {
  verifyCid(cid, bytes);
  const actual = digestOf(bytes);
  if (actual !== digest) throw new MusterError('ERR_ARTEFACT_MISMATCH', { cid: digest, actual });
  if (bytes.length !== size) {
    throw new MusterError('ERR_ARTEFACT_MISMATCH', { cid: `${size} bytes`, actual: `${bytes.length} bytes` });
  }
}
