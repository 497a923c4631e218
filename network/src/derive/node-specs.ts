// How each node of an organisation is run: command, environment, readiness, deadline.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keystorePaths } from '@muster/edge-agent/enrol';
import type { NodeSpec, Readiness } from '../supervise/node-spec.ts';
import { ordererFolder } from './orderer-config.ts';
import { connectionsVariable, peerFolder } from './peer-config.ts';
import { type NetworkPlan, type OrganisationPlan, type PortName, tlsFolder } from './plan.ts';
import { connectionsFolder, gatewayConfigFile, validatorConfigFile } from './services.ts';

/** Absolute paths of Fabric's programs. */
export interface FabricTools {
  readonly peer: string;
  readonly orderer: string;
  readonly configtxgen: string;
  readonly osnadmin: string;
  readonly 'fabric-ca-server': string;
}

/** What the specs need beyond the plan. */
export interface RunWith {
  readonly tools: FabricTools;
  /** Node itself. */
  readonly node: string;
  /** Where Node may keep compiled sources, which halves a service's start. */
  readonly compileCache: string;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
/**
 * Environment of orderers and peers. An orderer warns of the end of every client's stream, which peers open for each transaction;
 * what it refuses, the client is told. Many share the machine's few cores, and memory is cheaper than the collector's time:
 * measured with the bench `ledger`.
 */
export const fabricEnvironment = { FABRIC_LOGGING_SPEC: 'orderer.common.broadcast=error:warn', GOGC: '400' };

/** Option of Node for our own services under load: batches are large, and this young generation holds one. */
export const serviceOption = '--max-semi-space-size=32';

/** Their environment: memory stays with the process instead of being mapped and cleared anew for each message (glibc). */
export const serviceEnvironment = {
  MALLOC_MMAP_THRESHOLD_: '268435456',
  MALLOC_TRIM_THRESHOLD_: '536870912',
};

export function caSpec(plan: NetworkPlan, organisation: OrganisationPlan, { tools }: RunWith): NodeSpec {
  return {
    ...common(plan, organisation, 'ca'),
    command: tools['fabric-ca-server'],
    args: ['start', '--home', organisation.caFolder, '--loglevel', 'warning'],
    cwd: organisation.caFolder,
    // Its root does not exist before its first start, so nothing can verify its TLS yet; enrolment will.
    readiness: { kind: 'tcp', host: plan.description.listen, port: organisation.ports.ca },
  };
}

export function ordererSpec(plan: NetworkPlan, organisation: OrganisationPlan, { tools }: RunWith): NodeSpec {
  const folder = ordererFolder(organisation);
  return {
    ...common(plan, organisation, 'orderer'),
    command: tools.orderer,
    args: ['start'],
    env: { ...fabricEnvironment, FABRIC_CFG_PATH: folder },
    cwd: folder,
    readiness: serving(plan, organisation, 'orderer', 'ordererOperations'),
  };
}

export function peerSpec(plan: NetworkPlan, organisation: OrganisationPlan, { tools }: RunWith): NodeSpec {
  const folder = peerFolder(organisation);
  return {
    ...common(plan, organisation, 'peer'),
    command: tools.peer,
    args: ['node', 'start'],
    env: { ...fabricEnvironment, FABRIC_CFG_PATH: folder, [connectionsVariable]: connectionsFolder(organisation) },
    cwd: folder,
    readiness: serving(plan, organisation, 'peer', 'peerOperations'),
  };
}

/** The chaincode's service; `packageId` is what the peer calls the package. */
export function chaincodeSpec(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  { node, compileCache }: RunWith,
  packageId: string,
  main = join(root, 'chaincode', 'src', 'main.ts'),
): NodeSpec {
  const tls = keystorePaths(tlsFolder(organisation, 'chaincode'));
  const { listen } = plan.description;
  return {
    ...common(plan, organisation, 'chaincode'),
    command: node,
    args: [serviceOption, main],
    env: {
      ...serviceEnvironment,
      NODE_COMPILE_CACHE: compileCache,
      CHAINCODE_ID: packageId,
      CHAINCODE_SERVER_ADDRESS: `${listen}:${organisation.ports.chaincode}`,
      CHAINCODE_TLS_CERT: tls.certificate,
      CHAINCODE_TLS_KEY: tls.key,
      CHAINCODE_TLS_CLIENT_CACERT: organisation.roots.tls,
      CORE_PEER_LOCALMSPID: organisation.name,
    },
    cwd: root,
    readiness: { kind: 'tcp', host: listen, port: organisation.ports.chaincode },
    readySeconds: plan.description.deadlines.service,
  };
}

export function gatewaySpec(plan: NetworkPlan, organisation: OrganisationPlan, runWith: RunWith): NodeSpec {
  return {
    ...common(plan, organisation, 'gateway'),
    command: runWith.node,
    args: [serviceOption, join(root, 'gateway', 'src', 'main.ts'), '--config', gatewayConfigFile(organisation)],
    env: { ...serviceEnvironment, NODE_COMPILE_CACHE: runWith.compileCache },
    cwd: root,
    readiness: { kind: 'https', url: `${organisation.gatewayUrl}/readyz`, rootFile: organisation.roots.tls },
    readySeconds: plan.description.deadlines.service,
  };
}

export function validatorSpec(plan: NetworkPlan, organisation: OrganisationPlan, runWith: RunWith): NodeSpec {
  return {
    ...common(plan, organisation, 'validator'),
    command: runWith.node,
    args: [join(root, 'edge-agent', 'src', 'validator-main.ts'), '--config', validatorConfigFile(organisation)],
    env: { NODE_COMPILE_CACHE: runWith.compileCache },
    cwd: root,
    // its certificate is on the ledger: from here on it takes part
    readiness: { kind: 'log', text: '"msg":"enrolled"' },
    readySeconds: plan.description.deadlines.service,
  };
}

function common(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  kind: NodeSpec['kind'],
): Pick<NodeSpec, 'name' | 'kind' | 'readySeconds' | 'stopSeconds' | 'restart'> {
  const { deadlines } = plan.description;
  return {
    name: nodeName(kind, organisation.name),
    kind,
    readySeconds: deadlines.node,
    stopSeconds: deadlines.stop,
    restart: true,
  };
}

/** What a node is called everywhere: `peer.army`. */
export function nodeName(kind: NodeSpec['kind'], organisation: string): string {
  return `${kind}.${organisation}`;
}

/** Healthy and listening: a peer calls itself healthy some moments before its port is open. */
function serving(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  port: PortName,
  operationsPort: PortName,
): Readiness {
  const listens: Readiness = { kind: 'tcp', host: plan.description.listen, port: organisation.ports[port] };
  return { kind: 'all', of: [healthz(organisation, operationsPort), listens] };
}

function healthz(organisation: OrganisationPlan, port: PortName): Readiness {
  const operator = keystorePaths(tlsFolder(organisation, 'operator'));
  return {
    kind: 'https',
    url: `https://${organisation.hosts[port === 'peerOperations' ? 'peer' : 'orderer']}:${organisation.ports[port]}/healthz`,
    rootFile: organisation.roots.tls,
    certificateFile: operator.certificate,
    keyFile: operator.key,
  };
}
