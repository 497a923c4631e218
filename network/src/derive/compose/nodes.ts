// The services of one organisation: its CA, orderer, peer, chaincode, gateway, validator and agents.
import { keystorePaths } from '@muster/edge-agent/enrol';
import { fabricEnvironment, serviceEnvironment, serviceOption } from '../node-specs.ts';
import { ordererFolder } from '../orderer-config.ts';
import { connectionsVariable, peerFolder } from '../peer-config.ts';
import type { Settings } from '../overlay.ts';
import { type NetworkPlan, type OrganisationPlan, tlsFolder } from '../plan.ts';
import {
  agentConfigFile,
  chaincodeEnvironmentFile,
  connectionsFolder,
  gatewayConfigFile,
  validatorConfigFile,
} from '../services.ts';
import { hardened, restarted } from './hardening.ts';
import { listens, tells } from './health.ts';
import { fabricImage, ownImage } from './images.ts';
import { after, healthy, meetingNetwork } from './order.ts';
import { agentVolume, mounted, nodeVolume, publicVolume, readOnly } from './volumes.ts';

/** @param version - of Muster's own images */
export function organisationServices(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  version: string,
): Record<string, Settings> {
  const { name, agents } = organisation;
  const members = agents.map(
    (agent) => [`${agent}.${name}`, agentService(plan, organisation, agent, version)] as const,
  );
  return {
    [`ca.${name}`]: caService(plan, organisation),
    [`orderer.${name}`]: ordererService(plan, organisation),
    [`peer.${name}`]: peerService(plan, organisation),
    [`chaincode.${name}`]: chaincodeService(plan, organisation, version),
    [`gateway.${name}`]: gatewayService(plan, organisation, version),
    [`validator.${name}`]: validatorService(plan, organisation, version),
    ...Object.fromEntries(members),
  };
}

/** Paths of the official images that are volumes if nothing else is mounted there. */
const unusedVolumes = ['/etc/hyperledger/fabric', '/var/hyperledger'];

function fabricNode(memory: string): Settings {
  const common = hardened(memory);
  return { ...common, ...restarted, tmpfs: [...(common['tmpfs'] as string[]), ...unusedVolumes] };
}

function caService(plan: NetworkPlan, organisation: OrganisationPlan): Settings {
  const { name, caFolder, ports } = organisation;
  return {
    ...fabricImage('ca', plan.description),
    ...hardened('256m'),
    ...restarted,
    command: ['fabric-ca-server', 'start', '--home', caFolder, '--loglevel', 'warning'],
    volumes: [mounted(nodeVolume(organisation, 'ca'))],
    networks: [name],
    depends_on: after('authorities'),
    healthcheck: listens(ports.ca),
  };
}

function ordererService(plan: NetworkPlan, organisation: OrganisationPlan): Settings {
  return {
    ...fabricImage('orderer', plan.description),
    ...fabricNode('1g'),
    command: ['orderer', 'start'],
    environment: { ...fabricEnvironment, FABRIC_CFG_PATH: ordererFolder(organisation) },
    volumes: [mounted(nodeVolume(organisation, 'orderer')), readOnly(publicVolume(plan))],
    networks: [meetingNetwork],
    depends_on: after('identities'),
    healthcheck: listens(organisation.ports.orderer),
  };
}

function peerService(plan: NetworkPlan, organisation: OrganisationPlan): Settings {
  return {
    ...fabricImage('peer', plan.description),
    ...fabricNode('2g'),
    command: ['peer', 'node', 'start'],
    environment: {
      ...fabricEnvironment,
      FABRIC_CFG_PATH: peerFolder(organisation),
      [connectionsVariable]: connectionsFolder(organisation),
    },
    volumes: [mounted(nodeVolume(organisation, 'peer')), readOnly(publicVolume(plan))],
    networks: [organisation.name, meetingNetwork],
    depends_on: after('identities'),
    healthcheck: listens(organisation.ports.peer),
  };
}

function chaincodeService(plan: NetworkPlan, organisation: OrganisationPlan, version: string): Settings {
  const tls = keystorePaths(tlsFolder(organisation, 'chaincode'));
  const { listen } = plan.description;
  return {
    ...ownImage('chaincode', version),
    ...hardened('1g'),
    ...restarted,
    // what the package is called is known once it has been made
    command: ['node', serviceOption, `--env-file=${chaincodeEnvironmentFile(organisation)}`, 'chaincode/src/main.ts'],
    environment: {
      ...serviceEnvironment,
      CHAINCODE_SERVER_ADDRESS: `${listen}:${organisation.ports.chaincode}`,
      CHAINCODE_TLS_CERT: tls.certificate,
      CHAINCODE_TLS_KEY: tls.key,
      CHAINCODE_TLS_CLIENT_CACERT: organisation.roots.tls,
      CORE_PEER_LOCALMSPID: organisation.name,
    },
    volumes: [readOnly(nodeVolume(organisation, 'chaincode')), readOnly(publicVolume(plan))],
    networks: [organisation.name],
    depends_on: after('identities'),
    healthcheck: listens(organisation.ports.chaincode),
  };
}

function gatewayService(plan: NetworkPlan, organisation: OrganisationPlan, version: string): Settings {
  const config = gatewayConfigFile(organisation);
  const { gateway } = organisation.ports;
  return {
    ...ownImage('gateway', version),
    ...hardened('1g'),
    ...restarted,
    command: ['node', serviceOption, 'gateway/src/main.ts', '--config', config],
    environment: { ...serviceEnvironment },
    volumes: [mounted(nodeVolume(organisation, 'gateway')), readOnly(publicVolume(plan))],
    networks: [meetingNetwork],
    // for tools on the machine itself; its certificate names localhost too
    ports: [`127.0.0.1:${gateway}:${gateway}`],
    depends_on: after('channel'),
    healthcheck: tells('gateway', config),
  };
}

function validatorService(plan: NetworkPlan, organisation: OrganisationPlan, version: string): Settings {
  const config = validatorConfigFile(organisation);
  return {
    ...member(organisation, version, config),
    command: ['node', 'edge-agent/src/validator-main.ts', '--config', config],
    volumes: [mounted(nodeVolume(organisation, 'validator')), readOnly(publicVolume(plan))],
  };
}

function agentService(plan: NetworkPlan, organisation: OrganisationPlan, agent: string, version: string): Settings {
  const config = agentConfigFile(organisation, agent);
  return {
    ...member(organisation, version, config),
    command: ['node', 'edge-agent/src/agent-main.ts', '--config', config],
    volumes: [mounted(agentVolume(organisation, agent)), readOnly(publicVolume(plan))],
  };
}

function member({ name }: OrganisationPlan, version: string, config: string): Settings {
  return {
    ...ownImage('agent', version),
    ...hardened('2g'),
    ...restarted,
    networks: [meetingNetwork],
    depends_on: { ...after('consortium'), ...healthy(`gateway.${name}`) },
    healthcheck: tells('member', config),
  };
}
