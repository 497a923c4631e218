// Writing what was derived: every node's configuration file under the state folder, readable by its owner only.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keystorePaths, writePrivately } from '@muster/edge-agent/enrol';
import { parse, stringify } from 'yaml';
import { ordererFolder, ordererSettings } from './derive/orderer-config.ts';
import { overlay, type Settings } from './derive/overlay.ts';
import { peerFolder, peerSettings } from './derive/peer-config.ts';
import { type NetworkPlan, type OrganisationPlan, tlsFolder } from './derive/plan.ts';
import {
  chaincodeConnection,
  connectionsFolder,
  gatewayConfig,
  gatewayConfigFile,
  validatorConfig,
  validatorConfigFile,
} from './derive/services.ts';

/** @param label - of the chaincode package, which names the connection file */
export async function writeNodeFiles(plan: NetworkPlan, organisation: OrganisationPlan, label: string): Promise<void> {
  const [core, orderer] = await Promise.all([sampleSettings('core.yaml'), sampleSettings('orderer.yaml')]);
  await Promise.all([
    writePrivately(
      join(peerFolder(organisation), 'core.yaml'),
      stringify(overlay(core, peerSettings(plan, organisation))),
    ),
    writePrivately(
      join(ordererFolder(organisation), 'orderer.yaml'),
      stringify(overlay(orderer, ordererSettings(plan, organisation))),
    ),
    writeConnection(organisation, label),
    writeService(gatewayConfigFile(organisation), gatewayConfig(plan, organisation)),
    writeService(validatorConfigFile(organisation), validatorConfig(plan, organisation)),
  ]);
}

/** How an organisation's peer reaches the chaincode service of a package label. */
export async function writeConnection(organisation: OrganisationPlan, label: string): Promise<void> {
  const connection = await connectionOf(organisation);
  await writePrivately(join(connectionsFolder(organisation), `${label}.json`), JSON.stringify(connection));
}

async function writeService(file: string, config: Settings): Promise<void> {
  await writePrivately(file, JSON.stringify(config, null, 2));
  await mkdir(String(config['state']), { recursive: true, mode: 0o700 });
}

async function connectionOf(organisation: OrganisationPlan): Promise<Settings> {
  const tls = keystorePaths(tlsFolder(organisation, 'peer'));
  const [root, certificate, key] = await Promise.all(
    [organisation.roots.tls, tls.certificate, tls.key].map((file) => readFile(file, 'utf8')),
  );
  return chaincodeConnection(organisation, { root: root ?? '', certificate: certificate ?? '', key: key ?? '' });
}

async function sampleSettings(name: string): Promise<Settings> {
  return parse(await readFile(new URL(`../fabric/config/${name}`, import.meta.url), 'utf8')) as Settings;
}
