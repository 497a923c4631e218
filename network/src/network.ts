// A running network as programs use it: where everything is, and the handles to command it.
import { findLeader } from './channel/leader-orderer.ts';
import { tlsFolder, identityFolder, type NetworkPlan, type OrganisationPlan } from './derive/plan.ts';
import { identitiesOf, type IdentityPlan } from './derive/identities.ts';
import { nodeName, type RunWith, validatorSpec } from './derive/node-specs.ts';
import { gatewayConfigFile, validatorConfigFile } from './derive/services.ts';
import { enrolIdentity } from './identities/enrol-organisation.ts';
import { forgetNetwork } from './made-network.ts';
import type { StepTiming } from './progress.ts';
import { endSupervised, type SupervisorClient } from './supervise/client.ts';
import type { NodeSpec } from './supervise/node-spec.ts';

export interface NetworkOrganisation {
  /** Also its MSP id. */
  readonly name: string;
  readonly folder: string;
  readonly caUrl: string;
  /** PEM files: what identities and what TLS certificates of this organisation chain to. */
  readonly roots: { readonly identity: string; readonly tls: string };
  readonly peer: { readonly endpoint: string; readonly tlsRootFile: string; readonly serverName: string };
  readonly gateway: {
    readonly url: string;
    readonly port: number;
    readonly tlsRootFile: string;
    readonly configFile: string;
  };
  readonly validator: { readonly port: number; readonly configFile: string; readonly spec: NodeSpec };
  /** Keystore folders. */
  readonly identities: Readonly<
    Record<'officer' | 'requester' | 'auditor' | 'validator' | 'relay' | 'admin', string>
  > & { readonly agents: readonly string[] };
  readonly tls: Readonly<Record<'gateway' | 'validator' | 'operator', string>>;
}

export interface Network {
  readonly plan: NetworkPlan;
  readonly state: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly organisations: readonly NetworkOrganisation[];
  readonly supervisor: SupervisorClient;
  /** How Node and Fabric's programs are run here; for specs of further nodes. */
  readonly runWith: RunWith;
  /** Seconds per step of `up`; empty on a network that was found running. */
  readonly timings: readonly StepTiming[];
  /** The name of the orderer node that leads now, e.g. `orderer.army`. @throws MusterError ERR_WAIT_EXPIRED */
  leaderOrderer(): Promise<string>;
  /** Enrols one more identity of an organisation into a folder. @throws MusterError ERR_CA_UNREACHABLE, ERR_CA_REFUSED */
  enrol(organisation: string, identity: IdentityPlan, folder: string): Promise<void>;
  /** Stops everything; with `purge` all but the logs is forgotten. */
  down(options?: { purge?: boolean }): Promise<void>;
}

export function createNetwork(
  plan: NetworkPlan,
  supervisor: SupervisorClient,
  runWith: RunWith,
  timings: readonly StepTiming[],
): Network {
  const { description, state } = plan;
  return {
    plan,
    state,
    channel: description.channel,
    chaincode: description.chaincode,
    organisations: plan.organisations.map((organisation) => describeOrganisation(plan, organisation, runWith)),
    supervisor,
    runWith,
    timings,
    leaderOrderer: async () => nodeName('orderer', (await findLeader(plan)).name),
    enrol: (name, identity, folder) => enrolIdentity(organisationOf(plan, name), identity, folder),
    async down({ purge = false } = {}) {
      await endSupervised(plan.runFolder, description.deadlines.stop);
      if (purge) {
        await forgetNetwork(plan);
      }
    },
  };
}

/** @throws TypeError when the network has no such organisation */
export function organisationOf(plan: NetworkPlan, name: string): OrganisationPlan {
  const found = plan.organisations.find((organisation) => organisation.name === name);
  if (found === undefined) {
    throw new TypeError(`no organisation ${name} in ${plan.organisations.map((other) => other.name).join(', ')}`);
  }
  return found;
}

function describeOrganisation(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  runWith: RunWith,
): NetworkOrganisation {
  const { name, folder, caUrl, roots, hosts, ports, gatewayUrl } = organisation;
  const identity = (of: string): string => identityFolder(organisation, of);
  return {
    name,
    folder,
    caUrl,
    roots,
    peer: { endpoint: `${hosts.peer}:${ports.peer}`, tlsRootFile: roots.tls, serverName: hosts.peer },
    gateway: {
      url: gatewayUrl,
      port: ports.gateway,
      tlsRootFile: roots.tls,
      configFile: gatewayConfigFile(organisation),
    },
    validator: {
      port: ports.validator,
      configFile: validatorConfigFile(organisation),
      spec: validatorSpec(plan, organisation, runWith),
    },
    identities: {
      officer: identity('officer'),
      requester: identity('requester'),
      auditor: identity('auditor'),
      validator: identity('validator'),
      relay: identity('relay'),
      admin: identity('admin'),
      agents: identitiesOf(organisation)
        .filter(({ attributes }) => attributes['muster.role'] === 'agent')
        .map((agent) => identity(agent.name)),
    },
    tls: {
      gateway: tlsFolder(organisation, 'gateway'),
      validator: tlsFolder(organisation, 'validator'),
      operator: tlsFolder(organisation, 'operator'),
    },
  };
}
