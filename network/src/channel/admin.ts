// An organisation's administrator at the command line of Fabric's own programs.
import { join } from 'node:path';
import { keystorePaths } from '@muster/edge-agent/enrol';
import type { FabricTools } from '../derive/node-specs.ts';
import { peerFolder } from '../derive/peer-config.ts';
import { identityFolder, type NetworkPlan, type OrganisationPlan, tlsFolder } from '../derive/plan.ts';
import { runTool } from '../run-tool.ts';

export interface Admin {
  readonly organisation: OrganisationPlan;
  /** Runs `peer` as this organisation's admin on its peer. @throws MusterError ERR_TOOL_FAILED */
  peer(...args: string[]): Promise<string>;
  /** Runs `osnadmin` on this organisation's orderer, over mutual TLS. @throws MusterError ERR_TOOL_FAILED */
  osnadmin(...args: string[]): Promise<string>;
}

export function createAdmin(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  tools: Pick<FabricTools, 'peer' | 'osnadmin'>,
): Admin {
  const seconds = plan.description.deadlines.channel;
  const operator = keystorePaths(tlsFolder(organisation, 'operator'));
  const env = {
    FABRIC_CFG_PATH: peerFolder(organisation),
    FABRIC_LOGGING_SPEC: 'error',
    CORE_PEER_MSPCONFIGPATH: join(identityFolder(organisation, 'admin'), 'msp'),
  };
  const { hosts, ports, roots } = organisation;
  return {
    organisation,
    peer: (...args) => runTool(tools.peer, args, { env, seconds }),
    osnadmin: (...args) =>
      runTool(
        tools.osnadmin,
        [
          ...args,
          ...['--orderer-address', `${hosts.orderer}:${ports.ordererAdmin}`],
          ...['--ca-file', roots.tls, '--client-cert', operator.certificate, '--client-key', operator.key],
        ],
        { seconds },
      ),
  };
}

/** The arguments by which the `peer` program sends to an orderer. */
export function toOrderer({ hosts, ports, roots }: OrganisationPlan): string[] {
  return ['--orderer', `${hosts.orderer}:${ports.orderer}`, '--tls', '--cafile', roots.tls];
}
