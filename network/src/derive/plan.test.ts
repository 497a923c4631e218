// Tests of what is derived from a description.
import { describe, expect, test } from '@jest/globals';
import { readDescription } from '../description.ts';
import { configtx, genesisProfile } from './configtx.ts';
import { identitiesOf } from './identities.ts';
import { ordererSettings } from './orderer-config.ts';
import { overlay } from './overlay.ts';
import { peerSettings } from './peer-config.ts';
import { planNetwork, portsOfPlan } from './plan.ts';
import { gatewayConfig } from './services.ts';

const description = readDescription();
const plan = planNetwork(description, { state: '/state' });

describe('the plan of a network', () => {
  test('takes the first organisations of the description', () => {
    expect(plan.organisations.map(({ name }) => name)).toEqual(['army', 'navy', 'airforce', 'marines']);
  });

  test.each([5, 7])('of %i organisations gives no port twice', (organisations) => {
    const ports = portsOfPlan(planNetwork(description, { state: '/state', organisations })).map(({ port }) => port);
    expect(new Set(ports).size).toBe(ports.length);
  });

  test('refuses organisations that are not described, or more than there are', () => {
    const code = 'ERR_NETWORK_DESCRIPTION';
    expect(() => planNetwork(description, { state: '/s', organisations: ['army', 'pirates'] })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(() => planNetwork(description, { state: '/s', organisations: 8 })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(() => planNetwork(description, { state: '/s', organisations: ['army', 'army'] })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test('keeps every folder inside the state folder', () => {
    for (const organisation of plan.organisations) {
      expect(organisation.folder.startsWith('/state/organisations/')).toBe(true);
      expect(organisation.caFolder.startsWith(organisation.folder)).toBe(true);
    }
  });

  test('gives each agent a role and a unit', () => {
    const agents = identitiesOf(plan.organisations[0]!).filter(
      ({ attributes }) => attributes['muster.role'] === 'agent',
    );
    expect(agents.map(({ name }) => name)).toEqual(['agent-1', 'agent-2']);
    expect(agents.map(({ attributes }) => attributes['muster.unit'])).toEqual(['unit-1', 'unit-2']);
  });

  test('gives agents the unit, data sets and platform that the description vouches for', () => {
    const agents = { 'agent-2': { unit: '7th-fleet', dataSets: ['maps', 'radar'], platform: 'linux-arm64' } };
    const described = { ...description, organisations: [{ name: 'army', agents }] };
    const [army] = planNetwork(described, { state: '/state', organisations: 1 }).organisations;
    const attributesOf = (name: string) => identitiesOf(army!).find((identity) => identity.name === name)?.attributes;
    expect(attributesOf('agent-1')).toEqual({ 'muster.role': 'agent', 'muster.unit': 'unit-1' });
    expect(attributesOf('agent-2')).toEqual({
      'muster.role': 'agent',
      'muster.unit': '7th-fleet',
      'muster.data': 'maps,radar',
      'muster.platform': 'linux-arm64',
    });
  });
});

describe("the channel's founding configuration", () => {
  const profile = (
    configtx(plan) as {
      Profiles: Record<string, { Orderer: Record<string, unknown>; Application: Record<string, unknown> }>;
    }
  ).Profiles[genesisProfile]!;

  test('gives every party an orderer organisation of its own with its own endpoint', () => {
    expect(profile.Orderer['Organizations']).toMatchObject(
      plan.organisations.map(({ name, host, ports }) => ({ ID: name, OrdererEndpoints: [`${host}:${ports.orderer}`] })),
    );
    expect(profile.Orderer['ConsenterMapping']).toMatchObject([{ ID: 1 }, { ID: 2 }, { ID: 3 }, { ID: 4 }]);
  });

  test('asks a majority to endorse and to change the chaincode, and names anchor peers', () => {
    expect(profile.Application['Policies']).toMatchObject({
      Endorsement: { Rule: 'MAJORITY Endorsement' },
      LifecycleEndorsement: { Rule: 'MAJORITY Endorsement' },
    });
    expect(profile.Application['Organizations']).toMatchObject(
      plan.organisations.map(({ host, ports }) => ({ AnchorPeers: [{ Host: host, Port: ports.peer }] })),
    );
  });

  test('takes the timeouts of the profile that the description names', () => {
    expect(profile.Orderer['SmartBFT']).toMatchObject({ RequestPoolSize: 100_000, RequestComplainTimeout: '1500ms' });
    expect(profile.Orderer['SmartBFT']).not.toHaveProperty('Cluster');
    const { General } = ordererSettings(plan, plan.organisations[0]!) as { General: object };
    expect(General).toMatchObject({ Cluster: { DialTimeout: '1s', ReplicationMaxRetries: 30 } });
  });
});

describe("a node's configuration", () => {
  test("lays the node's own settings over Fabric's and replaces lists", () => {
    expect(overlay({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] } })).toEqual({ a: { b: 1, c: [3] }, d: 1 });
  });

  test('of a peer never pings the chaincode, which would end it, and asks for client certificates on operations', () => {
    expect(peerSettings(plan, plan.organisations[0]!)).toMatchObject({
      chaincode: { keepalive: 0 },
      vm: { endpoint: '' },
      operations: { tls: { enabled: true, clientAuthRequired: true } },
    });
  });

  test('of a gateway names every other gateway as a sibling', () => {
    expect(gatewayConfig(plan, plan.organisations[1]!)).toMatchObject({
      siblings: [{ organisation: 'army' }, { organisation: 'airforce' }, { organisation: 'marines' }],
    });
  });
});
