// Enrolling into a keystore folder: the key pair is made in the folder, only the signing request leaves it.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { CaClient, Issued } from './ca-client.ts';
import { keystorePaths, readIfPresent, readKeystore, writePrivately } from './keystore.ts';
import { createKey, createSigningRequest } from './signing-request.ts';

export interface EnrolKeystoreOptions {
  readonly folder: string;
  readonly id: string;
  readonly secret: string;
  /** Subject alternative names; given for TLS certificates only. */
  readonly hosts?: readonly string[];
  readonly profile?: 'tls';
}

/**
 * Enrols `id` and leaves a complete keystore in the folder. A key already there is used again, so that an enrolment
 * that failed half-way can be repeated.
 * @throws MusterError ERR_CA_UNREACHABLE, ERR_CA_REFUSED
 */
export async function enrolKeystore(ca: CaClient, options: EnrolKeystoreOptions): Promise<void> {
  const { folder, id, secret, hosts, profile } = options;
  const privateKey = await keyOf(folder);
  const signingRequest = await createSigningRequest(privateKey, id, hosts);
  await store(folder, await ca.enrol(id, secret, signingRequest, profile));
}

/**
 * Renews the certificate of a keystore with the same key, so nothing that pins the key must change.
 * @throws MusterError ERR_KEYSTORE_MISSING, ERR_KEYSTORE_INVALID, ERR_CA_UNREACHABLE, ERR_CA_REFUSED
 */
export async function renewKeystore(
  ca: CaClient,
  options: Pick<EnrolKeystoreOptions, 'folder' | 'id' | 'hosts' | 'profile'>,
): Promise<void> {
  const signatory = await readKeystore(options.folder);
  const signingRequest = await createSigningRequest(signatory.privateKey, options.id, options.hosts);
  await store(options.folder, await ca.reEnrol(signatory, signingRequest, options.profile));
}

async function keyOf(folder: string): Promise<KeyObject> {
  const path = keystorePaths(folder).key;
  const present = await readIfPresent(path);
  if (present !== undefined) {
    return createPrivateKey(present);
  }
  const privateKey = createKey();
  await writePrivately(path, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return privateKey;
}

/** The certificate goes last: where it is, the keystore is complete. */
async function store(folder: string, { certificatePem, caPem }: Issued): Promise<void> {
  const paths = keystorePaths(folder);
  await writePrivately(paths.ca, caPem, 0o644);
  await writePrivately(paths.certificate, certificatePem, 0o644);
}
