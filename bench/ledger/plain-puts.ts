// One plain put a transaction, as the samples do it: a chaincode of one function on the same network, its own service.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { connect, hash, signers, type Contract } from '@hyperledger/fabric-gateway';
import { readKeystore, writePrivately } from '@muster/edge-agent/enrol';
import type { Network, NetworkPlan, OrganisationPlan } from '@muster/network';
import { createAdmin } from '../../network/src/channel/admin.ts';
import { chaincodePackage, packageId } from '../../network/src/channel/chaincode-package.ts';
import { approveChaincode, commitChaincode, installChaincode } from '../../network/src/channel/deploy-chaincode.ts';
import { chaincodeSpec } from '../../network/src/derive/node-specs.ts';
import { identityFolder } from '../../network/src/derive/plan.ts';
import { waitUntilEndorsing } from '../../network/src/channel/channel-ready.ts';
import { writeConnection } from '../../network/src/write-node-files.ts';
import type { Call, Told } from './load.ts';

const VALUE_BYTES = 400;
const main = fileURLToPath(new URL('../plain-put/main.ts', import.meta.url));

/** The network as a second chaincode sees it: its own name, and the validators' ports, which nothing listens on. */
function planOf({ plan }: Network, chaincode: string): NetworkPlan {
  const aside = (organisation: OrganisationPlan): OrganisationPlan => ({
    ...organisation,
    ports: { ...organisation.ports, chaincode: organisation.ports.validator },
  });
  return {
    ...plan,
    description: { ...plan.description, chaincode },
    packageFile: join(plan.channelFolder, `${chaincode}.tar.gz`),
    organisations: plan.organisations.map(aside),
  };
}

/** Deploys the plain chaincode beside Muster's and waits until all peers endorse it. */
export function deployPlainPut(network: Network): Promise<void> {
  return deployBeside(network, 'plain', main);
}

/**
 * Deploys another chaincode beside Muster's and waits until all peers endorse it.
 * @param service path of the program that serves it
 */
export async function deployBeside(network: Network, chaincode: string, service: string): Promise<void> {
  const plan = planOf(network, chaincode);
  const label = `${chaincode}_1`;
  await writePrivately(plan.packageFile, chaincodePackage(label, chaincode));
  const deployment = {
    packageId: packageId(label, await readFile(plan.packageFile)),
    packageFile: plan.packageFile,
    sequence: 1,
  };
  const admins = plan.organisations.map((organisation) => createAdmin(plan, organisation, network.runWith.tools));
  await Promise.all(
    admins.map(async (admin) => {
      const { organisation } = admin;
      await writeConnection(organisation, label);
      const spec = chaincodeSpec(plan, organisation, network.runWith, deployment.packageId, service);
      await network.supervisor.startNode({ ...spec, name: `${chaincode}.${organisation.name}` });
      await installChaincode(admin, deployment);
    }),
  );
  await Promise.all(admins.map((admin) => approveChaincode(plan, admin, deployment)));
  const [first] = admins;
  if (first !== undefined) await commitChaincode(plan, first, deployment);
  await waitUntilEndorsing(plan);
}

/** A contract of a peer, and how to hang up. */
export interface Peer {
  readonly contract: Contract;
  readonly close: () => void;
}

/** A contract at an organisation's own peer, as its relay calls it. */
export async function contractAt(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  chaincode = 'plain',
): Promise<Peer> {
  const keystore = await readKeystore(identityFolder(organisation, 'relay'));
  const credentials = grpc.credentials.createSsl(await readFile(organisation.roots.tls));
  const client = new grpc.Client(`${organisation.host}:${organisation.ports.peer}`, credentials);
  const gateway = connect({
    client,
    identity: { mspId: organisation.name, credentials: Buffer.from(keystore.certificatePem) },
    signer: signers.newPrivateKeySigner(keystore.privateKey),
    hash: hash.sha256,
  });
  return {
    contract: gateway.getNetwork(plan.description.channel).getContract(chaincode),
    close: () => {
      gateway.close();
      client.close();
    },
  };
}

/** Plain puts through all organisations' peers, and a look at the ledger afterwards. */
export interface PlainPuts {
  /** `total` puts under keys of their own, by peer in turn */
  calls(total: number, prefix: string): Call[];
  isRecorded(key: string): Promise<boolean>;
  readonly close: () => void;
}

/** Connects to all organisations' peers. */
export async function connectPlainPuts({ plan }: Network): Promise<PlainPuts> {
  const at = await Promise.all(plan.organisations.map((organisation) => contractAt(plan, organisation)));
  const value = 'x'.repeat(VALUE_BYTES);
  const put = async (contract: Contract, key: string): Promise<Told[]> => {
    try {
      await contract.submitTransaction('put', key, value);
      return [{ id: key, recorded: true, transaction: key }];
    } catch (error) {
      return [{ id: key, recorded: false, reason: String(error) }];
    }
  };
  return {
    calls: (total, prefix) =>
      Array.from({ length: total }, (_, i) => () => put((at[i % at.length] as Peer).contract, `${prefix}-${i}`)),
    isRecorded: async (key) => (await (at[0] as Peer).contract.evaluateTransaction('get', key)).length > 0,
    close: () => {
      for (const { close } of at) close();
    },
  };
}
