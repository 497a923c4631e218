// Members of a channel: an organisation's roots, and what a certificate is under them (fabric, msp/mspimpl.go, X.509 MSP).

// @peculiar/x509 stands on tsyringe, which wants this loaded first
import 'reflect-metadata';
import { X509Certificate, type KeyObject } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';
import { X509Certificate as NamedCertificate } from '@peculiar/x509';
import { refuse } from '../refuse.ts';

export type NodeRole = 'client' | 'peer' | 'admin' | 'orderer';

/** An identity that is valid under its organisation's MSP. */
export interface Identity {
  readonly organisation: string;
  readonly key: KeyObject;
  /** DER of the certificate */
  readonly certificate: Buffer;
  /** undefined where the MSP does not tell nodes apart by organisational unit */
  readonly role: NodeRole | undefined;
  readonly isListedAdmin: boolean;
}

export interface Msp {
  readonly name: string;
  readonly roots: readonly X509Certificate[];
  readonly intermediates: readonly X509Certificate[];
  readonly admins: readonly Buffer[];
  /** organisational unit, and the certificate that must have issued it, by role; empty where units do not count */
  readonly units: ReadonlyMap<string, { readonly role: NodeRole; readonly issuer: X509Certificate | undefined }>;
}

const read = (pem: Uint8Array): X509Certificate => new X509Certificate(pem);

function readUnits(config: msp.FabricNodeOUs | undefined): Msp['units'] {
  const units = new Map<string, { role: NodeRole; issuer: X509Certificate | undefined }>();
  if (config?.getEnable() !== true) return units;
  const roles = {
    client: config.getClientOuIdentifier(),
    peer: config.getPeerOuIdentifier(),
    admin: config.getAdminOuIdentifier(),
    orderer: config.getOrdererOuIdentifier(),
  } as const;
  for (const [role, unit] of Object.entries(roles)) {
    if (unit === undefined) continue;
    const issuer = unit.getCertificate_asU8();
    units.set(unit.getOrganizationalUnitIdentifier(), {
      role: role as NodeRole,
      issuer: issuer.length === 0 ? undefined : read(issuer),
    });
  }
  return units;
}

/**
 * Reads an organisation's MSP from the channel's configuration.
 * @throws ERR_AUDIT_FAILED where it uses what this auditor does not judge: revocation lists, other kinds of MSP
 */
export function readMsp(record: string, bytes: Uint8Array): Msp {
  const config = msp.MSPConfig.deserializeBinary(bytes);
  if (config.getType() !== 0) refuse(record, `an MSP of type ${config.getType()} is not X.509`);
  const fabric = msp.FabricMSPConfig.deserializeBinary(config.getConfig_asU8());
  const name = fabric.getName();
  if (fabric.getRevocationListList().length > 0 || fabric.getOrganizationalUnitIdentifiersList().length > 0) {
    refuse(record, `the MSP of ${name} has revocation lists or unit identifiers, which are not judged here`);
  }
  return {
    name,
    roots: fabric.getRootCertsList_asU8().map(read),
    intermediates: fabric.getIntermediateCertsList_asU8().map(read),
    admins: fabric.getAdminsList_asU8().map((pem) => read(pem).raw),
    units: readUnits(fabric.getFabricNodeOus()),
  };
}

const issued = (certificate: X509Certificate, by: X509Certificate): boolean =>
  by.ca && certificate.checkIssued(by) && certificate.verify(by.publicKey);

/** Who issued a certificate, where a chain leads from there to a root. Times do not count, as in Fabric (FAB-3678). */
function issuerOf(certificate: X509Certificate, own: Msp): X509Certificate | undefined {
  const { roots, intermediates } = own;
  // an intermediate is not asked twice: two could name each other
  const others = (by: X509Certificate): X509Certificate[] => intermediates.filter((other) => other !== by);
  const root = roots.find((by) => issued(certificate, by));
  if (root !== undefined) return root;
  return intermediates.find((by) => issued(certificate, by) && issuerOf(by, { ...own, intermediates: others(by) }));
}

/** The one role among a certificate's units; undefined where there is none, or more. */
function roleOf(pem: string, issuer: X509Certificate, { units }: Msp): NodeRole | undefined {
  const named = new NamedCertificate(pem).subjectName.getField('OU');
  const found = named.flatMap((unit) => units.get(unit) ?? []);
  const [only] = found;
  if (only === undefined || found.length > 1) return undefined;
  return only.issuer === undefined || only.issuer.raw.equals(issuer.raw) ? only.role : undefined;
}

/**
 * The identity behind a serialized one, if it is valid: not a CA, issued below a root, and of exactly one role.
 * @returns undefined where it is not valid
 */
export function readIdentity(msps: ReadonlyMap<string, Msp>, serialized: Uint8Array): Identity | undefined {
  try {
    const named = msp.SerializedIdentity.deserializeBinary(serialized);
    const own = msps.get(named.getMspid());
    const certificate = read(named.getIdBytes_asU8());
    const issuer = own && issuerOf(certificate, own);
    if (own === undefined || issuer === undefined || certificate.ca) return undefined;
    const role = own.units.size === 0 ? undefined : roleOf(certificate.toString(), issuer, own);
    if (own.units.size > 0 && role === undefined) return undefined;
    return {
      organisation: own.name,
      key: certificate.publicKey,
      certificate: certificate.raw,
      role,
      isListedAdmin: own.admins.some((admin) => admin.equals(certificate.raw)),
    };
  } catch {
    return undefined; // bytes that are no certificate are nobody's identity, and Fabric says no more of them
  }
}
