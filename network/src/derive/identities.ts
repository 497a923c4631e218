// Who is enrolled in each organisation: the identities with their roles, and the nodes that hold a TLS certificate.
import type { OrganisationPlan } from './plan.ts';

export interface IdentityPlan {
  readonly name: string;
  /** The node OU. */
  readonly type: 'client' | 'peer' | 'orderer' | 'admin';
  /** `muster.role` and `muster.unit`; nodes have none. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Attributes that the ledger reads from a certificate. */
export function memberAttributes(role: string, unit: string): Record<string, string> {
  return { 'muster.role': role, 'muster.unit': unit };
}

/** All identities of an organisation: those its nodes run as, and its members. */
export function identitiesOf(organisation: OrganisationPlan): IdentityPlan[] {
  return [...nodeIdentities(), ...memberIdentities(organisation)];
}

/** Without these no node starts and nothing is deployed. */
export function nodeIdentities(): IdentityPlan[] {
  return [
    { name: 'peer', type: 'peer', attributes: {} },
    { name: 'orderer', type: 'orderer', attributes: {} },
    { name: 'admin', type: 'admin', attributes: {} },
    client('relay', 'relay', 'headquarters'),
  ];
}

/** Whoever states something to the ledger. */
export function memberIdentities(organisation: OrganisationPlan): IdentityPlan[] {
  return [
    client('officer', 'officer', 'headquarters'),
    client('requester', 'requester', 'headquarters'),
    client('auditor', 'auditor', 'headquarters'),
    client('validator', 'validator', 'headquarters'),
    ...organisation.agents.map((agent, index) => client(agent, 'agent', `unit-${index + 1}`)),
  ];
}

function client(name: string, role: string, unit: string): IdentityPlan {
  return { name, type: 'client', attributes: memberAttributes(role, unit) };
}

/** Nodes with a TLS certificate; `operator` is the client that administers orderers and reads operations endpoints. */
export const tlsNodes = ['peer', 'orderer', 'chaincode', 'gateway', 'validator', 'operator'] as const;
export type TlsNode = (typeof tlsNodes)[number];
