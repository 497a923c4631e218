// Who is enrolled in each organisation: the identities with their roles, and the nodes that hold a TLS certificate.
import type { Holder } from '@muster/protocol';
import type { OrganisationPlan } from './plan.ts';

export interface IdentityPlan {
  readonly name: string;
  /** The node OU. */
  readonly type: 'client' | 'peer' | 'orderer' | 'admin';
  /** `muster.role`, `muster.unit` and what else the organisation vouches for; nodes have none. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a certificate is to say of its holder. */
type Vouched = { readonly [Name in keyof Holder]: Holder[Name] | undefined } & Pick<Holder, 'unit'>;

const HEADQUARTERS: Vouched = { unit: 'headquarters' };

/** Attributes that the ledger reads from a certificate: what an organisation vouches for of a member. */
export function memberAttributes(role: string, { unit, dataSets, platform }: Vouched): Record<string, string> {
  return {
    'muster.role': role,
    'muster.unit': unit,
    ...(dataSets === undefined ? {} : { 'muster.data': dataSets.join(',') }),
    ...(platform === undefined ? {} : { 'muster.platform': platform }),
  };
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
    client('relay', 'relay', HEADQUARTERS),
  ];
}

/** Whoever states something to the ledger. */
export function memberIdentities(organisation: OrganisationPlan): IdentityPlan[] {
  return [
    client('officer', 'officer', HEADQUARTERS),
    client('requester', 'requester', HEADQUARTERS),
    client('auditor', 'auditor', HEADQUARTERS),
    client('validator', 'validator', HEADQUARTERS),
    ...organisation.agents.map((agent, index) =>
      client(agent, 'agent', {
        ...organisation.described[agent],
        unit: organisation.described[agent]?.unit ?? `unit-${index + 1}`,
      }),
    ),
  ];
}

function client(name: string, role: string, holder: Vouched): IdentityPlan {
  return { name, type: 'client', attributes: memberAttributes(role, holder) };
}

/** Nodes with a TLS certificate; `operator` is the client that administers orderers and reads operations endpoints. */
export const tlsNodes = ['peer', 'orderer', 'chaincode', 'gateway', 'validator', 'operator'] as const;
export type TlsNode = (typeof tlsNodes)[number];
