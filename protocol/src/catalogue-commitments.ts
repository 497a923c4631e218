// The part of the error catalogue that is of commitments, root updates, carries and sortition.

import { refused } from './catalogue-entry.ts';

/** Why a round does not take an agent; what another version of Muster says is told as it is. */
const UNSELECTED: Readonly<Record<string, string>> = {
  unit: 'its certificate names no unit that the job takes',
  data: 'its certificate names no data set that the job takes',
  platform: 'its certificate names no platform that the job takes',
  lot: 'it was not drawn by lot',
};

export const commitmentEntries = {
  ERR_COMMITMENT_UNASKED: refused<{ job: string; of: string }>(
    409,
    (d) => `job ${d.job} takes no commitments to an ${d.of}`,
  ),
  ERR_COMMITMENT_DUPLICATE: refused<{ by: string; commitment: string; recorded: string }>(
    409,
    (d) => `${d.by} committed to ${d.recorded} in this round; ${d.commitment} is another`,
  ),
  ERR_COMMITMENT_MISSING: refused<{ by: string }>(409, (d) => `${d.by} committed to nothing in this round`),
  ERR_COMMITMENT_MISMATCH: refused<{ by: string; envelope: string; commitment: string }>(
    409,
    (d) => `${d.by} committed to ${d.commitment}, and reveals envelope ${d.envelope}`,
  ),
  ERR_ROOT_UNASKED: refused<{ job: string }>(409, (d) => `job ${d.job} has no root data, and takes no root updates`),
  ERR_ROUND_CARRY: refused<{ carry: string; expected: string }>(
    409,
    (d) => `trained by what was carried as ${d.carry}, into the round that is ${d.expected}`,
  ),
  ERR_AGENT_UNSELECTED: refused<{ by: string; round: number; reason: 'unit' | 'data' | 'platform' | 'lot' }>(
    403,
    (d) => `round ${d.round} does not take ${d.by}: ${UNSELECTED[d.reason] ?? d.reason}`,
  ),
} as const;
