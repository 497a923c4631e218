// docker-compose.yaml, derived from the description as everything else is (Compose specification, compose-spec.io).
import { stringify } from 'yaml';
import type { Settings } from '../overlay.ts';
import type { NetworkPlan } from '../plan.ts';
import { organisationServices } from './nodes.ts';
import { meetingNetwork } from './order.ts';
import { setupServices, toolServices } from './setup.ts';
import { volumesOf } from './volumes.ts';

/**
 * @param plan - of containers
 * @param version - of Muster's own images
 */
export function composeDocument(plan: NetworkPlan, version: string): Settings {
  const networks = plan.organisations.map(({ name }) => [name, { internal: true }] as const);
  return {
    services: {
      ...setupServices(plan, version),
      ...Object.assign({}, ...plan.organisations.map((own) => organisationServices(plan, own, version))),
      ...toolServices(plan, version),
    },
    networks: { [meetingNetwork]: {}, ...Object.fromEntries(networks) },
    volumes: Object.fromEntries(volumesOf(plan).map(({ name }) => [name, {}])),
  };
}

/** The file, with how it was made. @param command - that derives it again */
export function composeFile(plan: NetworkPlan, version: string, command: string): string {
  const heading =
    '# Derived from network/network.yaml; not to be edited by hand. Again by:\n' +
    `#   ${command}\n` +
    '# What it runs and how it is used: docs/containers.md\n';
  return (
    heading +
    stringify(composeDocument(plan, version), {
      aliasDuplicateObjects: false,
      lineWidth: 0,
      // Compose reads YAML 1.1, where a bare no is false
      compat: 'yaml-1.1',
    })
  );
}
