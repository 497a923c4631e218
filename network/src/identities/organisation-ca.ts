// An organisation's CA process before its first start: its two configurations and the registrar's secret.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readIfPresent, writePrivately } from '@muster/edge-agent/enrol';
import { stringify } from 'yaml';
import { caConfigs } from '../derive/ca-config.ts';
import type { NetworkPlan, OrganisationPlan } from '../derive/plan.ts';

export const caConfigName = 'fabric-ca-server-config.yaml';

export async function prepareCa(plan: NetworkPlan, organisation: OrganisationPlan): Promise<void> {
  const secret = randomBytes(24).toString('base64url');
  const { identity, tls } = caConfigs(plan, organisation, secret);
  await Promise.all([
    writePrivately(join(identity.folder, caConfigName), stringify(identity.config)),
    writePrivately(join(tls.folder, caConfigName), stringify(tls.config)),
  ]);
  // last: with it the CA is prepared
  await writePrivately(registrarSecretFile(organisation), secret);
}

/** Whether the CA has been prepared before; its registrar's secret must not change then. */
export async function isPrepared(organisation: OrganisationPlan): Promise<boolean> {
  return (await readIfPresent(registrarSecretFile(organisation))) !== undefined;
}

export function registrarSecretFile(organisation: OrganisationPlan): string {
  return join(organisation.caFolder, 'registrar.secret');
}

/** The root certificates that the CA made when it first started: the identity CA's and the TLS CA's. */
export function caRootFiles(organisation: OrganisationPlan): { identity: string; tls: string } {
  return {
    identity: join(organisation.caFolder, 'ca-cert.pem'),
    tls: join(organisation.caFolder, 'tls', 'ca-cert.pem'),
  };
}

export async function registrarSecret(organisation: OrganisationPlan): Promise<string> {
  const secret = await readIfPresent(registrarSecretFile(organisation));
  if (secret === undefined) {
    throw new TypeError(`the CA of ${organisation.name} was never prepared`);
  }
  return secret;
}
