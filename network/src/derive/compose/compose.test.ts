// Tests of what is derived for containers: the committed file, and what every service is denied.
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { derive } from '../../commands/compose.ts';
import { planContainers } from '../../containers/plan-containers.ts';
import { readDescription } from '../../description.ts';
import { caConfigs } from '../ca-config.ts';
import { configtx } from '../configtx.ts';
import { identitiesOf, tlsNodes } from '../identities.ts';
import { certificateHosts, identityFolder, tlsFolder } from '../plan.ts';
import { gatewayConfig } from '../services.ts';
import { composeDocument } from './compose.ts';
import { volumesOf } from './volumes.ts';

interface Service {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly user: string;
  readonly restart?: string;
  readonly volumes: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [setting: string]: unknown;
}

const description = readDescription();
const plan = planContainers(description);
const document = composeDocument(plan, '1.2.3') as {
  services: Record<string, Service>;
  networks: Record<string, unknown>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(document.services);
const isTool = (name: string): boolean => name.startsWith('setup-') || name === 'job' || name === 'office';
const nodes = services.filter(([name]) => !isTool(name));

test('the committed docker-compose.yaml is what the description derives', () => {
  const committed = readFileSync(new URL('../../../../docker-compose.yaml', import.meta.url), 'utf8');
  expect(committed).toBe(derive(description));
});

test('the file says by which command it is derived again', () => {
  expect(derive(description, { organisations: 7, agents: 1 })).toContain(
    'npx muster compose --organisations 7 --agents 1 > docker-compose.yaml',
  );
});

describe('the services', () => {
  test.each(plan.organisations.map(({ name }) => name))('of %s are all its nodes and members', (name) => {
    const own = ['ca', 'orderer', 'peer', 'chaincode', 'gateway', 'validator', 'agent-1', 'agent-2'];
    expect(nodes.map(([service]) => service).filter((service) => service.endsWith(`.${name}`))).toEqual(
      own.map((node) => `${node}.${name}`),
    );
  });

  test.each(services)(
    '%s is denied root, a writable root file system, capabilities and new privileges',
    (_, service) => {
      expect(service).toMatchObject({
        user: '1000:1000',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        mem_limit: expect.stringMatching(/^\d+[mg]$/) as unknown,
      });
      expect(service).not.toHaveProperty('privileged');
      expect(service).not.toHaveProperty('cap_add');
      expect(service.volumes.filter((volume) => /sock|^[./]/.test(volume))).toEqual([]);
    },
  );

  test.each(nodes)('%s says when it is healthy and is started again when it dies', (_, service) => {
    expect(service.healthcheck?.test[0]).toBe('CMD');
    expect(service.restart).toBe('unless-stopped');
  });

  test('wait only for services that are there, and for a healthy one only if it has a health check', () => {
    const waits = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));
    const wrong = waits.filter(([on, { condition }]) => {
      const service = document.services[on];
      return condition === 'service_healthy' ? service?.healthcheck === undefined : service?.restart !== 'no';
    });
    expect(waits.length).toBeGreaterThan(services.length);
    expect(wrong).toEqual([]);
  });

  test('mount volumes and join networks that are declared', () => {
    const volumes = new Set(services.flatMap(([, service]) => service.volumes.map((volume) => volume.split(':')[0])));
    expect([...volumes].sort()).toEqual(Object.keys(document.volumes).sort());
    const networks = new Set(services.flatMap(([, service]) => service.networks ?? []));
    expect([...networks].sort()).toEqual(Object.keys(document.networks).sort());
  });

  test("take Hyperledger's images in the versions of the description, and Muster's in that of the tree", () => {
    const images = new Set(services.map(([, { image }]) => image));
    expect([...images].sort()).toEqual([
      `hyperledger/fabric-ca:${description.fabricCa}`,
      `hyperledger/fabric-orderer:${description.fabric}`,
      `hyperledger/fabric-peer:${description.fabric}`,
      ...['agent', 'chaincode', 'gateway', 'setup'].map((name) => `muster/${name}:1.2.3`),
    ]);
    const dockerfile = readFileSync(new URL('../../../../containers/Dockerfile', import.meta.url), 'utf8');
    const targets = new Set(services.flatMap(([, { build }]) => (build === undefined ? [] : [build.target])));
    expect([...targets].filter((target) => !dockerfile.includes(` AS ${target}\n`))).toEqual([]);
    expect(dockerfile).toContain(`ARG FABRIC=${description.fabric}\n`);
  });
});

describe('a volume', () => {
  const holdersOf = (volume: string): string[] =>
    nodes
      .filter(([, service]) => service.volumes.some((mount) => mount.startsWith(`${volume}:`)))
      .map(([name]) => name);

  test.each(volumesOf(plan).filter(({ name }) => name !== 'public'))(
    '$name is mounted by one node at most',
    ({ name }) => {
      expect(holdersOf(name).length).toBeLessThanOrEqual(1);
    },
  );

  test("of an organisation's people is mounted by no node", () => {
    expect(plan.organisations.flatMap(({ name }) => holdersOf(`${name}-office`))).toEqual([]);
  });

  test('holds every key, and never the common one', () => {
    const paths = volumesOf(plan).filter(({ name }) => name !== 'public');
    for (const own of plan.organisations) {
      const keys = [
        ...identitiesOf(own).map(({ name }) => identityFolder(own, name)),
        ...tlsNodes.map((node) => tlsFolder(own, node)),
      ];
      const astray = keys.filter((key) => !paths.some(({ path }) => !posix.relative(path, key).startsWith('..')));
      expect(astray).toEqual([]);
    }
  });
});

describe('the plan of containers', () => {
  const [army] = plan.organisations;

  test('names every node by its service, in certificates, endpoints and the channel', () => {
    expect(certificateHosts(plan, army!, 'peer')).toEqual(['peer.army', 'localhost', '127.0.0.1']);
    expect(certificateHosts(plan, army!, 'operator')).toEqual(['localhost', '127.0.0.1']);
    expect(caConfigs(plan, army!, 'secret').identity.config).toMatchObject({
      csr: { hosts: ['ca.army', 'localhost', '127.0.0.1'] },
    });
    expect(gatewayConfig(plan, army!)).toMatchObject({
      listen: { host: '0.0.0.0' },
      peer: { endpoint: `peer.army:${army!.ports.peer}`, serverName: 'peer.army' },
    });
    const named = new Set([...JSON.stringify(configtx(plan)).matchAll(/"Host":"([^"]+)"/g)].map(([, host]) => host));
    expect(named).toEqual(new Set(plan.organisations.flatMap(({ name }) => [`orderer.${name}`, `peer.${name}`])));
    expect([...named].filter((host) => document.services[host!] === undefined)).toEqual([]);
  });
});
