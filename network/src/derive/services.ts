// Configuration of an organisation's own services: chaincode connection, gateway, validator.
import { join } from 'node:path';
import type { GatewayAddress } from '@muster/edge-agent';
import { keystorePaths } from '@muster/edge-agent/enrol';
import type { Settings } from './overlay.ts';
import { identityFolder, type NetworkPlan, type OrganisationPlan, tlsFolder } from './plan.ts';

export function connectionsFolder(organisation: OrganisationPlan): string {
  // read by the peer's builder, and it holds the peer's key
  const holder = organisation.placement === 'containers' ? 'peer' : 'chaincode';
  return join(organisation.folder, holder, 'connections');
}

export function gatewayConfigFile(organisation: OrganisationPlan): string {
  return join(organisation.folder, 'gateway', 'config.json');
}

/** What the chaincode's container learns once the package has been made. */
export function chaincodeEnvironmentFile(organisation: OrganisationPlan): string {
  return join(organisation.folder, 'chaincode', 'environment');
}

export function agentConfigFile(organisation: OrganisationPlan, agent: string): string {
  return join(organisation.folder, 'agents', agent, 'config.json');
}

export function validatorConfigFile(organisation: OrganisationPlan): string {
  return join(organisation.folder, 'validator', 'config.json');
}

/**
 * How the peer reaches its chaincode service: with the peer's own TLS certificate, verified on both sides.
 * @param pem - the contents of the files named
 */
export function chaincodeConnection(
  organisation: OrganisationPlan,
  pem: { readonly root: string; readonly certificate: string; readonly key: string },
): Settings {
  return {
    address: `${organisation.hosts.chaincode}:${organisation.ports.chaincode}`,
    dial_timeout: '10s',
    tls_required: true,
    client_auth_required: true,
    root_cert: pem.root,
    client_cert: pem.certificate,
    client_key: pem.key,
  };
}

export function gatewayConfig(plan: NetworkPlan, organisation: OrganisationPlan): Settings {
  const tls = keystorePaths(tlsFolder(organisation, 'gateway'));
  const relay = keystorePaths(identityFolder(organisation, 'relay'));
  return {
    organisation: organisation.name,
    listen: { host: plan.description.listen, port: organisation.ports.gateway },
    tls: { cert: tls.certificate, key: tls.key },
    clientRoots: plan.organisations.map(({ roots }) => roots.identity),
    identity: { cert: relay.certificate, key: relay.key },
    channel: plan.description.channel,
    chaincode: plan.description.chaincode,
    peer: {
      endpoint: `${organisation.hosts.peer}:${organisation.ports.peer}`,
      serverName: organisation.hosts.peer,
      tlsRoot: organisation.roots.tls,
    },
    siblings: plan.organisations.filter((other) => other !== organisation).map(gatewayAddress),
    state: join(organisation.folder, 'gateway', 'state'),
    log: { level: 'info' },
  };
}

export function validatorConfig(plan: NetworkPlan, organisation: OrganisationPlan): Settings {
  return {
    organisation: organisation.name,
    name: 'validator',
    keys: identityFolder(organisation, 'validator'),
    gateways: gatewaysFor(plan, organisation),
    state: join(organisation.folder, 'validator', 'state'),
  };
}

/** Every gateway as an organisation's members try them: their own first. */
export function gatewaysFor(plan: NetworkPlan, organisation: OrganisationPlan): GatewayAddress[] {
  const others = plan.organisations.filter((other) => other !== organisation);
  return [organisation, ...others].map(gatewayAddress);
}

/** A gateway as its clients need to know it. */
export function gatewayAddress({ name, gatewayUrl, roots }: OrganisationPlan): GatewayAddress {
  return { organisation: name, url: gatewayUrl, tlsRoot: roots.tls };
}
