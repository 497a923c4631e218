// Acts of the consortium, made by enrolled identities of a test's network and submitted through an organisation's peer.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readKeystore } from '@muster/edge-agent/enrol';
import { type Network, type NetworkOrganisation, withGateway } from '@muster/network';
import { readCertificate, type RosterState, seal } from '@muster/protocol';

/** Registers an organisation with its pinned root, as its officer. */
export async function registerOrganisation(network: Network, own: NetworkOrganisation): Promise<void> {
  const { signer, certificate } = await signerOf(own.identities.officer);
  const statement = {
    v: 1,
    by: `${own.name}/officer`,
    iat: Date.now(),
    organisation: own.name,
    roots: [await readFile(own.roots.identity, 'utf8')],
    certificate,
  };
  await submit(network, own, 'consortium:register', seal('consortium.register', statement, signer));
}

/** Presents an identity's certificate to the ledger. */
export async function presentIdentity(network: Network, own: NetworkOrganisation, folder: string): Promise<void> {
  const { signer, certificate } = await signerOf(folder);
  const statement = { v: 1, by: `${own.name}/${basename(folder)}`, iat: Date.now(), certificate };
  const verdicts = await submit(network, own, 'consortium:enrol', seal('consortium.enrol', statement, signer));
  const [verdict] = (JSON.parse(verdicts) as { verdicts: { ok: boolean }[] }).verdicts;
  if (verdict?.ok !== true) {
    throw new Error(`refused: ${verdicts}`);
  }
}

/** The names the ledger knows of an organisation, as its own peer tells. */
export async function rosterNames(network: Network, own: NetworkOrganisation): Promise<string[]> {
  const answer = await withGateway(planOf(network, own), (gateway) =>
    gateway
      .getNetwork(network.channel)
      .getContract(network.chaincode)
      .evaluateTransaction('consortium:roster', own.name),
  );
  const { certificates } = JSON.parse(Buffer.from(answer).toString('utf8')) as RosterState;
  return Object.values(certificates)
    .map(({ name }) => name)
    .sort();
}

async function submit(network: Network, own: NetworkOrganisation, act: string, argument: string): Promise<string> {
  const answer = await withGateway(planOf(network, own), (gateway) =>
    gateway.getNetwork(network.channel).getContract(network.chaincode).submitTransaction(act, argument),
  );
  return Buffer.from(answer).toString('utf8');
}

async function signerOf(folder: string) {
  const { privateKey, certificatePem } = await readKeystore(folder);
  return {
    signer: { privateKey, certificate: readCertificate(certificatePem).thumbprint },
    certificate: certificatePem,
  };
}

function planOf(network: Network, { name }: NetworkOrganisation) {
  return network.plan.organisations.find((organisation) => organisation.name === name)!;
}
