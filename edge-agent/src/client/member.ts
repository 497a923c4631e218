// A member of the consortium as its own process knows it: keystore folder read, signer ready, gateways connected.

import { readFile } from 'node:fs/promises';
import { readCertificate, type Certificate, type Signer } from '@muster/protocol';
import { readKeystore } from '../enrol/index.ts';
import { createFailoverTransport } from './failover-transport.ts';
import type { Gateway } from './gateway.ts';
import { createHttpsTransport, type GatewayAddress } from './https-transport.ts';
import { createGateway } from './rest-gateway.ts';

export interface Member {
  readonly organisation: string;
  readonly certificate: Certificate;
  readonly certificatePem: string;
  /** `<organisation>/<name>` */
  readonly by: string;
  readonly signer: Signer;
}

export interface MemberOptions {
  readonly organisation: string;
  /** the keystore folder: key.pem, certificate.pem, ca.pem */
  readonly keys: string;
  /** own organisation's first; `tlsRoot` is a file */
  readonly gateways: readonly GatewayAddress[];
}

/**
 * Reads a keystore as a signer of acts.
 * @throws ERR_KEYSTORE_MISSING, ERR_KEYSTORE_INVALID, ERR_CERTIFICATE_MALFORMED
 */
export async function readMember(
  organisation: string,
  keys: string,
): Promise<Member & { readonly key: Signer['privateKey'] }> {
  const { privateKey, certificatePem } = await readKeystore(keys);
  const certificate = readCertificate(certificatePem);
  return {
    organisation,
    certificate,
    certificatePem,
    by: `${organisation}/${certificate.name}`,
    signer: { certificate: certificate.thumbprint, privateKey },
    key: privateKey,
  };
}

/**
 * Reads the keystore and connects to the gateways with it; nothing is sent yet.
 * @throws as {@link readMember}
 */
export async function connectMember(options: MemberOptions): Promise<{ member: Member; gateway: Gateway }> {
  const { organisation, keys, gateways } = options;
  const { key, ...member } = await readMember(organisation, keys);
  const identity = { certificatePem: member.certificatePem, privateKey: key };
  const transports = await Promise.all(
    gateways.map(async ({ tlsRoot, ...address }) =>
      createHttpsTransport({ ...address, tlsRoot: await readFile(tlsRoot, 'utf8') }, identity),
    ),
  );
  return { member, gateway: createGateway(createFailoverTransport(transports)) };
}
