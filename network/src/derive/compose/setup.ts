// The one-shots that make a network of containers, in their order, and the tools that a person runs in it.
import type { Settings } from '../overlay.ts';
import type { NetworkPlan, OrganisationPlan } from '../plan.ts';
import { hardened } from './hardening.ts';
import { ownImage } from './images.ts';
import { after, healthy, meetingNetwork, setupService, type SetupStep } from './order.ts';
import { mounted, nodeVolume, publicVolume, readOnly, volumesOf } from './volumes.ts';

export function setupServices(plan: NetworkPlan, version: string): Record<string, Settings> {
  const { organisations } = plan;
  const each = (kind: string): string[] => organisations.map(({ name }) => `${kind}.${name}`);
  const of = (own: (organisation: OrganisationPlan) => string[]): string[] => organisations.flatMap(own);
  const common = mounted(publicVolume(plan));
  const offices = of((own) => [readOnly(nodeVolume(own, 'office'))]);
  const step = (name: SetupStep, more: Settings): [string, Settings] => [
    setupService(name),
    { ...tool(plan, version, '1g'), command: ['container', name, ...planArguments(plan)], restart: 'no', ...more },
  ];
  return Object.fromEntries([
    // mounts every volume: each is made with the owner that its folder has in this image
    step('authorities', { network_mode: 'none', volumes: volumesOf(plan).map(mounted) }),
    step('identities', {
      networks: organisations.map(({ name }) => name),
      volumes: volumesOf(plan).map(mounted),
      depends_on: healthy(...each('ca')),
    }),
    step('channel', {
      networks: [meetingNetwork],
      volumes: [
        common,
        ...offices,
        ...of((own) => [readOnly(nodeVolume(own, 'peer')), readOnly(nodeVolume(own, 'gateway'))]),
      ],
      depends_on: healthy(...each('orderer'), ...each('peer'), ...each('chaincode')),
    }),
    step('consortium', {
      networks: [meetingNetwork],
      volumes: [readOnly(publicVolume(plan)), ...offices],
      depends_on: { ...after('channel'), ...healthy(...each('gateway')) },
    }),
  ]);
}

/** Started by name only: `docker compose run --rm job`, `docker compose run --rm office`. */
export function toolServices(plan: NetworkPlan, version: string): Record<string, Settings> {
  const offices = plan.organisations.map((own) => readOnly(nodeVolume(own, 'office')));
  const common: Settings = {
    ...tool(plan, version, '2g'),
    profiles: ['tools'],
    networks: [meetingNetwork],
    volumes: [readOnly(publicVolume(plan)), ...offices],
  };
  const job = ['node', 'network/bin/muster.mjs', 'container', 'job', ...planArguments(plan)];
  return { job: { ...common, entrypoint: job }, office: { ...common, command: ['--help'] } };
}

function tool(plan: NetworkPlan, version: string, memory: string): Settings {
  // Fabric's programs look for a home
  return {
    ...ownImage('setup', version),
    ...hardened(memory),
    environment: { HOME: '/tmp', MUSTER_STATE: plan.state },
  };
}

/** By which the set-up derives the same plan again. */
function planArguments({ organisations, basePort }: NetworkPlan): string[] {
  return [
    ...['--organisations', organisations.map(({ name }) => name).join(',')],
    ...['--agents', String(organisations[0]?.agents.length ?? 0)],
    ...['--base-port', String(basePort)],
  ];
}
