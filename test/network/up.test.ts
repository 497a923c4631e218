// A real network of four organisations: up, a lost leader, a lost chaincode service, down, and up again with its ledger.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCaClient, readKeystore, renewKeystore } from '@muster/edge-agent/enrol';
import { findNetwork, memberAttributes, type Network, upNetwork, waitUntil } from '@muster/network';
import { readCertificate } from '@muster/protocol';
import { presentIdentity, registerOrganisation, rosterNames } from './consortium-acts.ts';

const PATIENCE_MS = 180_000;

describe('a network of four organisations', () => {
  let state: string;
  let network: Network;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'muster-network-'));
    network = await upNetwork({ state, organisations: 4, basePort: 'free', owner: process.pid, services: false });
    console.info(network.timings.map(({ step, seconds }) => `${step}: ${seconds} s`).join('\n'));
  }, PATIENCE_MS);

  afterAll(async () => {
    await network.down({ purge: true });
    await rm(state, { recursive: true, force: true });
  }, PATIENCE_MS);

  test('stands with every node ready', async () => {
    const nodes = await network.supervisor.status();
    expect(nodes).toHaveLength(16);
    expect(new Set(nodes.map((node) => node.state))).toEqual(new Set(['ready']));
  });

  test('keeps private keys to their owner', async () => {
    const { identities } = network.organisations[0]!;
    expect((await stat(join(identities.officer, 'key.pem'))).mode & 0o777).toBe(0o600);
    expect((await stat(identities.officer)).mode & 0o077).toBe(0);
  });

  test(
    'commits what an officer states',
    async () => {
      await Promise.all(network.organisations.map((own) => registerOrganisation(network, own)));
      const own = network.organisations[1]!;
      await presentIdentity(network, own, own.identities.officer);
      expect(await rosterNames(network, own)).toContain('officer');
    },
    PATIENCE_MS,
  );

  test(
    'enrols one more agent, renews it with the same key, and enrols nobody twice or after revocation',
    async () => {
      const own = network.organisations[2]!;
      const folder = join(state, 'late-agent');
      const holder = { unit: '7th-fleet', dataSets: ['maps', 'radar'], platform: 'linux-arm64' };
      const late = { name: 'late-agent', type: 'client', attributes: memberAttributes('agent', holder) } as const;
      await network.enrol(own.name, late, folder);
      const before = await readKeystore(folder);
      expect(readCertificate(before.certificatePem)).toMatchObject({ role: 'agent', ...holder });
      await expect(network.enrol(own.name, late, join(state, 'impostor'))).rejects.toMatchObject({
        code: 'ERR_CA_REFUSED',
      });

      const roots = await readFile(own.roots.identity, 'utf8');
      using ca = createCaClient({ url: own.caUrl, roots, caName: `${own.name}-identity` });
      await renewKeystore(ca, { folder, id: late.name });
      const after = await readKeystore(folder);
      expect(after.certificatePem).not.toBe(before.certificatePem);
      expect(readCertificate(after.certificatePem)).toMatchObject(holder);
      expect(after.privateKey.equals(before.privateKey)).toBe(true);

      const registrar = await readKeystore(join(own.folder, 'ca', 'registrars', 'identity'));
      await ca.revoke(registrar, late.name, 'keycompromise');
      await expect(renewKeystore(ca, { folder, id: late.name })).rejects.toMatchObject({ code: 'ERR_CA_REFUSED' });
    },
    PATIENCE_MS,
  );

  test('trusts no CA server but the one whose root is pinned', async () => {
    const [own, other] = network.organisations;
    const roots = await readFile(other!.roots.identity, 'utf8');
    using ca = createCaClient({ url: own!.caUrl, roots, caName: `${own!.name}-identity` });
    await expect(ca.enrol('anyone', 'a secret', 'a request')).rejects.toMatchObject({ code: 'ERR_CA_UNREACHABLE' });
  });

  test(
    'commits the next transaction although the leading orderer was killed, and takes it back',
    async () => {
      const leader = await network.leaderOrderer();
      const own = network.organisations[1]!;
      await network.supervisor.killNode(leader);
      const began = performance.now();
      await presentIdentity(network, own, own.identities.validator);
      const seconds = (performance.now() - began) / 1000;
      console.info(`committed ${seconds.toFixed(2)} s after ${leader} was killed`);
      expect(await rosterNames(network, own)).toContain('validator');
      expect(await network.leaderOrderer()).not.toBe(leader);
      await network.supervisor.startNodeAgain(leader);
    },
    PATIENCE_MS,
  );

  test(
    'starts a killed chaincode service again, and it answers',
    async () => {
      const own = network.organisations[0]!;
      const name = `chaincode.${own.name}`;
      const before = (await statusOf(network, name)).pid!;
      process.kill(before, 'SIGKILL');
      await waitUntil({ waitedFor: `${name} to be ready with another pid`, seconds: 90 }, async () => {
        const { state: now, pid } = await statusOf(network, name);
        expect({ now, same: pid === before }).toEqual({ now: 'ready', same: false });
      });
      const names = await waitUntil({ waitedFor: 'its peer to reach it', seconds: 90 }, () =>
        rosterNames(network, own),
      );
      expect(names).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'leaves no process and no port when it goes down, and comes back with its ledger',
    async () => {
      const pids = (await network.supervisor.status()).map(({ pid }) => pid!);
      await network.down();
      expect(pids.filter(isAlive)).toEqual([]);
      const ports = network.plan.organisations.flatMap((own) => Object.values(own.ports));
      expect((await Promise.all(ports.map(isFree))).every(Boolean)).toBe(true);
      await expect(findNetwork(state)).rejects.toMatchObject({ code: 'ERR_NETWORK_ABSENT' });

      network = await upNetwork({ state, organisations: 4, owner: process.pid, services: false });
      console.info(network.timings.map(({ step, seconds }) => `${step}: ${seconds} s`).join('\n'));
      expect(await rosterNames(network, network.organisations[1]!)).toEqual(['officer', 'validator']);
      await expect(upNetwork({ state, organisations: 4 })).rejects.toMatchObject({ code: 'ERR_NETWORK_RUNNING' });
    },
    PATIENCE_MS,
  );
});

async function statusOf(network: Network, name: string) {
  return (await network.supervisor.status()).find((node) => node.name === name)!;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
