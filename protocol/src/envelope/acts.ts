// The acts of a person or device that change the ledger, and who may do each. One table for ledger, gateway and agents.

import { MusterError } from '../errors.ts';
import type { Role } from './certificate.ts';

const roles = {
  'consortium.register': ['officer'],
  'consortium.enrol': ['officer', 'requester', 'agent', 'validator', 'auditor', 'relay'],
  'consortium.revoke': ['officer'],
  'job.propose': ['officer', 'requester'],
  'job.vote': ['officer'],
  'round.commit': ['agent', 'validator'],
  'round.reveal': ['officer', 'validator'],
  'round.update': ['agent'],
  'round.root': ['validator'],
  'round.close': ['officer', 'validator'],
  'round.attest': ['validator'],
  'round.finalise': ['officer', 'validator'],
  'round.abandon': ['officer', 'validator'],
  'round.settle': ['officer', 'validator'],
} as const satisfies Record<string, readonly Role[]>;

/** An act; the `typ` of its envelope is `muster.<act>`. */
export type Act = keyof typeof roles;
export const ACTS = Object.keys(roles) as Act[];

/** What can be committed to, and the act that shows it: who may do that may commit to it. */
const SHOWN = { update: 'round.update', attestation: 'round.attest' } as const satisfies Record<string, Act>;
export type Committed = keyof typeof SHOWN;

/**
 * Checks that a role may commit to something: it must be one that may show it.
 * @throws ERR_ROLE_FORBIDDEN
 */
export function verifyCommitter(role: Role, of: Committed): void {
  verifyRole(role, SHOWN[of]);
}

/** Who may do an act. */
export function rolesFor(act: Act): readonly Role[] {
  return roles[act];
}

/**
 * Checks that a role may do an act.
 * @throws ERR_ROLE_FORBIDDEN
 */
export function verifyRole(role: Role, act: Act): void {
  const allowed = rolesFor(act);
  if (!allowed.includes(role)) throw new MusterError('ERR_ROLE_FORBIDDEN', { role, allowed, act });
}
