// Orderers and peers join the channel: with its first block, each by its own organisation's administrator.
import type { NetworkPlan } from '../derive/plan.ts';
import type { Admin } from './admin.ts';

/** @throws MusterError ERR_TOOL_FAILED */
export async function joinOrderer(plan: NetworkPlan, admin: Admin): Promise<void> {
  await admin.osnadmin('channel', 'join', '--channelID', plan.description.channel, '--config-block', plan.genesisFile);
}

/** @throws MusterError ERR_TOOL_FAILED */
export async function joinPeer(plan: NetworkPlan, admin: Admin): Promise<void> {
  await admin.peer('channel', 'join', '--blockpath', plan.genesisFile);
}

/** @throws MusterError ERR_TOOL_FAILED */
export async function hasOrdererJoined({ description }: NetworkPlan, admin: Admin): Promise<boolean> {
  return (await admin.osnadmin('channel', 'list')).includes(`"name": "${description.channel}"`);
}

/** @throws MusterError ERR_TOOL_FAILED */
export async function hasPeerJoined({ description }: NetworkPlan, admin: Admin): Promise<boolean> {
  return (await admin.peer('channel', 'list')).split('\n').includes(description.channel);
}
