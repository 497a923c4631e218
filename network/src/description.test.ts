// Tests of the network's description.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { defaultDescriptionFile, parseDescription, readDescription } from './description.ts';

const shipped = readFileSync(defaultDescriptionFile, 'utf8');

function issuesOf(text: string): unknown {
  try {
    parseDescription(text);
  } catch (error) {
    return (error as { code: string; details: { issues: unknown } }).code === 'ERR_NETWORK_DESCRIPTION'
      ? (error as { details: { issues: unknown } }).details.issues
      : error;
  }
  return [];
}

describe('a network description', () => {
  test('comes with seven organisations, of which four take part unless told otherwise', () => {
    const description = readDescription();
    expect(description.organisations).toHaveLength(7);
    expect(description.organisationsByDefault).toBe(4);
  });

  test.each([
    ['base: 17000', 'base: 80', 'ports.base', '>=1024'],
    ['base: 17000', 'base: 60000\n  extra: 1', 'ports', 'extra'],
    ['perOrganisation: 20', 'perOrganisation: 200', 'ports.perOrganisation', '<=100'],
    ['gateway: 8', 'gateway: 7', 'ports.offsets', 'share one offset'],
    ['name: navy', 'name: army', 'organisations', 'one name'],
    ['name: navy', 'name: Navy', 'organisations.1.name', 'lower-case'],
    ['name: navy', 'name: navy\n    agents: { ship-1: {} }', 'organisations.1.agents.ship-1', 'agent-1'],
    [
      'name: navy',
      'name: navy\n    agents: { agent-1: { dataSets: [maps, Radar] } }',
      'organisations.1.agents.agent-1.dataSets.1',
      'must match',
    ],
    [
      'name: navy',
      'name: navy\n    agents: { agent-1: { platform: "linux arm64" } }',
      'organisations.1.agents.agent-1.platform',
      'must match',
    ],
    ['organisationsByDefault: 4', 'organisationsByDefault: 9', 'organisationsByDefault', 'at most 7'],
    ['consensus: lan', 'consensus: moon', 'consensus', 'lan, wan'],
    [
      'LeaderHeartbeatTimeout: 3s',
      'LeaderHeartbeatTimeout: 3',
      'consensusProfiles.lan.SmartBFT.LeaderHeartbeatTimeout',
      '3s',
    ],
    ['fabric: 3.1.1', 'fabric: 2.5.0', 'fabric', '3.1'],
  ])('with %s changed to %s is refused, naming the field and its limit', (from, to, field, problem) => {
    expect(issuesOf(shipped.replace(from, to))).toContainEqual({ field, problem: expect.stringContaining(problem) });
  });

  test('tells all faults at once', () => {
    const text = shipped.replace('host: localhost', 'host: ""').replace('fabricCa: 1.5.15', 'fabricCa: 2.0.0');
    expect(issuesOf(text)).toHaveLength(2);
  });

  test('that is not YAML is refused', () => {
    expect(issuesOf('name: [')).toHaveLength(1);
  });
});
