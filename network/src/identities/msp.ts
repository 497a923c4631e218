// MSP folders: the organisation's, which the channel's configuration is made from, and those of nodes and admins.
import { mkdir, rm, symlink } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { keystorePaths, writePrivately } from '@muster/edge-agent/enrol';
import { stringify } from 'yaml';
import { identityFolder, type OrganisationPlan } from '../derive/plan.ts';

/** Roles are told by the organisational unit that the CA puts into a certificate (node OUs). */
const nodeOus = stringify({
  NodeOUs: {
    Enable: true,
    ClientOUIdentifier: { OrganizationalUnitIdentifier: 'client' },
    PeerOUIdentifier: { OrganizationalUnitIdentifier: 'peer' },
    AdminOUIdentifier: { OrganizationalUnitIdentifier: 'admin' },
    OrdererOUIdentifier: { OrganizationalUnitIdentifier: 'orderer' },
  },
});

export async function makeOrganisationMsp(organisation: OrganisationPlan): Promise<void> {
  await makeCommon(organisation.mspFolder, organisation);
}

/** An MSP folder beside a keystore. It points to the keystore's files: the key stays where it was made, once. */
export async function makeLocalMsp(organisation: OrganisationPlan, identity: string): Promise<string> {
  const folder = identityFolder(organisation, identity);
  const msp = join(folder, 'msp');
  const keystore = keystorePaths(folder);
  await makeCommon(msp, organisation);
  await Promise.all([point(join(msp, 'signcerts'), keystore.certificate), point(join(msp, 'keystore'), keystore.key)]);
  return msp;
}

async function makeCommon(msp: string, { roots }: OrganisationPlan): Promise<void> {
  await Promise.all([
    writePrivately(join(msp, 'config.yaml'), nodeOus),
    point(join(msp, 'cacerts'), roots.identity),
    point(join(msp, 'tlscacerts'), roots.tls),
  ]);
}

async function point(folder: string, target: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const link = join(folder, basename(target));
  await rm(link, { force: true });
  await symlink(relative(folder, target), link);
}
