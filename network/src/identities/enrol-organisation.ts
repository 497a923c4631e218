// Enrolling everybody of an organisation with its own CAs: identities with role and unit, TLS certificates for nodes.
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type CaClient,
  createCaClient,
  enrolKeystore,
  keystorePaths,
  readIfPresent,
  readKeystore,
  type Signatory,
} from '@muster/edge-agent/enrol';
import { registrarName } from '../derive/ca-config.ts';
import { type IdentityPlan, memberIdentities, nodeIdentities, tlsNodes } from '../derive/identities.ts';
import {
  certificateHosts,
  identityFolder,
  type NetworkPlan,
  type OrganisationPlan,
  tlsFolder,
} from '../derive/plan.ts';
import { makeLocalMsp, makeOrganisationMsp } from './msp.ts';
import { caRootFiles, registrarSecret } from './organisation-ca.ts';

/** A CA hashes secrets slowly by intent, and many wait for it at once: a busy machine takes its time. */
const PATIENCE_MS = 60_000;

/**
 * Enrols what an organisation's nodes need: their identities and TLS certificates. The CA must be up. Repeatable only on a
 * fresh CA, since names are registered once.
 * @param onEnrolled - called after each
 * @throws MusterError ERR_CA_UNREACHABLE, ERR_CA_REFUSED
 */
export async function enrolNodes(
  plan: NetworkPlan,
  organisation: OrganisationPlan,
  onEnrolled: () => void,
): Promise<void> {
  await copyRoots(organisation);
  await makeOrganisationMsp(organisation);
  await Promise.all([
    withRegistrar(organisation, 'identity', (ca, registrar) =>
      Promise.all(
        nodeIdentities().map(async (identity) => {
          await enrolNew(ca, registrar, identity, { folder: identityFolder(organisation, identity.name) });
          await makeLocalMsp(organisation, identity.name);
          onEnrolled();
        }),
      ),
    ),
    withRegistrar(organisation, 'tls', (ca, registrar) =>
      Promise.all(
        tlsNodes.map(async (node) => {
          const identity: IdentityPlan = { name: node, type: 'client', attributes: {} };
          const hosts = certificateHosts(plan, organisation, node);
          await enrolNew(ca, registrar, identity, { folder: tlsFolder(organisation, node), hosts, profile: 'tls' });
          onEnrolled();
        }),
      ),
    ),
  ]);
}

/**
 * Enrols an organisation's members: officers, validator, agents. No node waits for them.
 * @throws MusterError ERR_CA_UNREACHABLE, ERR_CA_REFUSED
 */
export async function enrolMembers(organisation: OrganisationPlan, onEnrolled: () => void): Promise<void> {
  await withRegistrar(organisation, 'identity', (ca, registrar) =>
    Promise.all(
      memberIdentities(organisation).map(async (identity) => {
        await enrolNew(ca, registrar, identity, { folder: identityFolder(organisation, identity.name) });
        onEnrolled();
      }),
    ),
  );
}

/** Registers and enrols one more identity, e.g. an agent that joins later. */
export function enrolIdentity(organisation: OrganisationPlan, identity: IdentityPlan, folder: string): Promise<void> {
  return withRegistrar(organisation, 'identity', (ca, registrar) => enrolNew(ca, registrar, identity, { folder }));
}

async function enrolNew(
  ca: CaClient,
  registrar: Signatory,
  { name, type, attributes }: IdentityPlan,
  into: { folder: string; hosts?: readonly string[]; profile?: 'tls' },
): Promise<void> {
  const secret = randomBytes(24).toString('base64url');
  await ca.register(registrar, { id: name, secret, type, attributes });
  await enrolKeystore(ca, { ...into, id: name, secret });
}

async function withRegistrar<T>(
  organisation: OrganisationPlan,
  which: 'identity' | 'tls',
  use: (ca: CaClient, registrar: Signatory) => Promise<T>,
): Promise<T> {
  // The server's own certificate is the identity CA's, whichever of its two CAs is spoken to.
  const roots = await readFile(caRootFiles(organisation).identity, 'utf8');
  const caName = which === 'identity' ? organisation.identityCa : organisation.tlsCa;
  using ca = createCaClient({ url: organisation.caUrl, roots, caName, timeoutMs: PATIENCE_MS });
  const folder = join(organisation.caFolder, 'registrars', which);
  if ((await readIfPresent(keystorePaths(folder).certificate)) === undefined) {
    await enrolKeystore(ca, { folder, id: registrarName, secret: await registrarSecret(organisation) });
  }
  return await use(ca, await readKeystore(folder));
}

async function copyRoots(organisation: OrganisationPlan): Promise<void> {
  const made = caRootFiles(organisation);
  await mkdir(dirname(organisation.roots.identity), { recursive: true, mode: 0o700 });
  await copyFile(made.identity, organisation.roots.identity);
  await copyFile(made.tls, organisation.roots.tls);
}
