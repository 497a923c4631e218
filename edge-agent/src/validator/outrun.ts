// What another organisation's faster validator, or a gateway a moment behind, makes of a deed: nothing to tell.

import type { Code } from '@muster/protocol';

export const OUTRUN: readonly Code[] = [
  'ERR_ROUND_PHASE',
  'ERR_ROUND_EARLY',
  'ERR_ROUND_LATE',
  'ERR_ROUND_SETTLED',
  'ERR_ROUND_UNSETTLED',
  'ERR_JOB_STATUS',
  'ERR_ATTESTATION_MISMATCH',
  'ERR_ENVELOPE_REPLAYED',
  'ERR_ENVELOPE_STALE',
];
