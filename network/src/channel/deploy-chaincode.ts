// Fabric's chaincode lifecycle: every organisation installs and approves, a majority's approvals are committed.
import { isMusterError, MusterError } from '@muster/protocol';
import type { NetworkPlan } from '../derive/plan.ts';
import { type Admin, toOrderer } from './admin.ts';

/** What is deployed as which version of the channel's chaincode. */
export interface Deployment {
  readonly packageId: string;
  readonly packageFile: string;
  /** Counts the definitions committed so far; the first is 1. */
  readonly sequence: number;
}

/** Installs the package on an organisation's peer; already installed is fine. @throws MusterError ERR_TOOL_FAILED */
export async function installChaincode(admin: Admin, deployment: Deployment): Promise<void> {
  try {
    await admin.peer('lifecycle', 'chaincode', 'install', deployment.packageFile);
  } catch (error) {
    // The peer has no code for "installed already", so it is asked what it has.
    const installed = await admin.peer('lifecycle', 'chaincode', 'queryinstalled', '--output', 'json');
    if (!installed.includes(deployment.packageId)) {
      throw error;
    }
  }
}

/** @throws MusterError ERR_TOOL_FAILED */
export async function approveChaincode(plan: NetworkPlan, admin: Admin, deployment: Deployment): Promise<void> {
  await admin.peer(
    ...['lifecycle', 'chaincode', 'approveformyorg', '--package-id', deployment.packageId],
    ...definition(plan, deployment),
    ...toOrderer(firstOrderer(plan)),
  );
}

/** @throws MusterError ERR_TOOL_FAILED */
export async function commitChaincode(plan: NetworkPlan, admin: Admin, deployment: Deployment): Promise<void> {
  const endorsers = plan.organisations.flatMap(({ hosts, ports, roots }) => [
    ...['--peerAddresses', `${hosts.peer}:${ports.peer}`, '--tlsRootCertFiles', roots.tls],
  ]);
  await admin.peer(
    ...['lifecycle', 'chaincode', 'commit'],
    ...definition(plan, deployment),
    ...toOrderer(firstOrderer(plan)),
    ...endorsers,
  );
}

/** Whether any definition of the chaincode is committed. @throws MusterError ERR_TOOL_FAILED */
export async function isCommitted({ description }: NetworkPlan, admin: Admin): Promise<boolean> {
  const known = await admin.peer(
    ...['lifecycle', 'chaincode', 'querycommitted', '--channelID', description.channel, '--output', 'json'],
  );
  const { chaincode_definitions: definitions = [] } = JSON.parse(known) as Committed;
  return definitions.some(({ name }) => name === description.chaincode);
}

interface Committed {
  readonly chaincode_definitions?: readonly { readonly name: string }[];
}

/** Whether the organisation has approved this very deployment; an answer that it has approved nothing counts as no. */
export async function isApproved(
  { description }: NetworkPlan,
  admin: Admin,
  { packageId, sequence }: Deployment,
): Promise<boolean> {
  const { channel, chaincode } = description;
  const asked = ['--channelID', channel, '--name', chaincode, '--sequence', String(sequence), '--output', 'json'];
  try {
    return (await admin.peer('lifecycle', 'chaincode', 'queryapproved', ...asked)).includes(packageId);
  } catch (error) {
    if (isMusterError(error, 'ERR_TOOL_FAILED') && error.message.includes('could not fetch approved')) {
      return false;
    }
    throw error;
  }
}

function definition({ description }: NetworkPlan, { sequence }: Deployment): string[] {
  return [
    ...['--channelID', description.channel, '--name', description.chaincode],
    ...['--version', String(sequence), '--sequence', String(sequence)],
  ];
}

/** The `peer` program sends to one orderer only; the first is the first view's leader, who orders without a detour. */
function firstOrderer(plan: NetworkPlan): NetworkPlan['organisations'][number] {
  const [first] = plan.organisations;
  if (first === undefined) {
    throw new MusterError('ERR_NETWORK_DESCRIPTION', { issues: [{ field: 'organisations', problem: 'none' }] });
  }
  return first;
}
