// The set-up's third step: orderers and peers join, the chaincode is installed, approved and committed. What is done already,
// by an earlier run or one that was cut short, is found out and left alone.
import { type Admin, createAdmin } from '../channel/admin.ts';
import { waitUntilEndorsing } from '../channel/channel-ready.ts';
import {
  approveChaincode,
  commitChaincode,
  type Deployment,
  installChaincode,
  isApproved,
  isCommitted,
} from '../channel/deploy-chaincode.ts';
import { hasOrdererJoined, hasPeerJoined, joinOrderer, joinPeer } from '../channel/join-channel.ts';
import { deploymentOf } from '../channel/make-package.ts';
import type { FabricTools } from '../derive/node-specs.ts';
import type { NetworkPlan } from '../derive/plan.ts';
import type { Progress } from '../progress.ts';
import { settleAll } from '../settle-all.ts';

/** @throws MusterError ERR_TOOL_FAILED, ERR_WAIT_EXPIRED */
export async function foundChannel(
  plan: NetworkPlan,
  tools: Pick<FabricTools, 'peer' | 'osnadmin'>,
  progress: Progress,
): Promise<void> {
  const admins = plan.organisations.map((own) => createAdmin(plan, own, tools));
  const each = (act: (admin: Admin) => Promise<void>): Promise<unknown> => settleAll(admins.map(act));
  await progress.step('orderers and peers join the channel', () => each((admin) => join(plan, admin)));
  const deployment = await deploymentOf(plan);
  const [first] = admins;
  if (first !== undefined && !(await isCommitted(plan, first))) {
    await progress.step('chaincode', () => deploy(plan, [first, ...admins.slice(1)], deployment));
  }
  await progress.step('endorsement by all organisations', () => waitUntilEndorsing(plan));
}

async function join(plan: NetworkPlan, admin: Admin): Promise<void> {
  if (!(await hasOrdererJoined(plan, admin))) {
    await joinOrderer(plan, admin);
  }
  if (!(await hasPeerJoined(plan, admin))) {
    await joinPeer(plan, admin);
  }
}

async function deploy(plan: NetworkPlan, admins: readonly [Admin, ...Admin[]], deployment: Deployment): Promise<void> {
  await settleAll(admins.map((admin) => installChaincode(admin, deployment)));
  await settleAll(
    admins.map(async (admin) => {
      if (!(await isApproved(plan, admin, deployment))) {
        await approveChaincode(plan, admin, deployment);
      }
    }),
  );
  await commitChaincode(plan, admins[0], deployment);
}
