// Tests of supervision, with real processes.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../wait-until.ts';
import { connectSupervisor, endSupervised, isSupervised, startSupervisor } from './client.ts';
import type { NodeSpec } from './node-spec.ts';
import { guardPidName, readPidFile, supervisorPidName, sweepPidFiles, writePidFile } from './pid-file.ts';
import { findFreeBase, requireFreePorts } from './ports.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

let folders: { run: string; log: string };
let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'muster-supervise-'));
  folders = { run: join(base, 'run'), log: base };
});
afterEach(async () => {
  await endSupervised(folders.run, 2);
  await rm(base, { recursive: true, force: true });
});

function script(name: string, code: string, more: Partial<NodeSpec> = {}): NodeSpec {
  return {
    name,
    kind: 'agent',
    command: process.execPath,
    args: ['-e', code],
    cwd: base,
    readiness: { kind: 'log', text: 'ready' },
    readySeconds: 15,
    stopSeconds: 2,
    restart: true,
    ...more,
  };
}

async function killSupervisor(): Promise<void> {
  await guardIdentity();
  process.kill(readPidFile(folders.run, supervisorPidName)!.pid, 'SIGKILL');
}

/** The guard is started a moment after the supervisor. */
function guardIdentity(): Promise<ProcessIdentity> {
  return waitUntil({ waitedFor: 'the guard', seconds: 20 }, () => {
    const identity = readPidFile(folders.run, guardPidName);
    return identity === undefined ? Promise.reject(new Error('none runs')) : Promise.resolve(identity);
  });
}

async function listen(): Promise<{ port: number; close: () => Promise<unknown> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, close: () => new Promise((resolve) => server.close(resolve)) };
}

const STAYS = "console.log('ready'); setInterval(() => {}, 1000)";

function pidOf(supervisor: Supervisor, name: string): number | undefined {
  return supervisor.status().find((node) => node.name === name)?.pid;
}

describe('a supervisor', () => {
  let supervisor: Supervisor;
  beforeEach(() => {
    supervisor = createSupervisor(folders);
  });
  afterEach(() => supervisor.stopAll());

  test('starts a node, waits until it is ready and notes its pid', async () => {
    await supervisor.start(script('a', STAYS));
    expect(supervisor.status()).toMatchObject([{ name: 'a', state: 'ready' }]);
    expect(readPidFile(folders.run, 'a')?.pid).toBe(pidOf(supervisor, 'a'));
  });

  test('tells the end of the log of a node that fails to start', async () => {
    await expect(supervisor.start(script('b', "console.error('no such file'); process.exit(3)"))).rejects.toMatchObject(
      {
        code: 'ERR_NODE_FAILED',
        details: { node: 'b', reason: 'ended with exit code 3', lines: expect.stringContaining('no such file') },
      },
    );
  });

  test('ends a node that is not ready in time', async () => {
    await expect(
      supervisor.start(script('c', 'setInterval(() => {}, 1000)', { readySeconds: 0.3 })),
    ).rejects.toMatchObject({ code: 'ERR_NODE_FAILED' });
    expect(readPidFile(folders.run, 'c')).toBeUndefined();
  });

  test('starts a node again that died', async () => {
    await supervisor.start(script('d', STAYS));
    const before = pidOf(supervisor, 'd')!;
    process.kill(before, 'SIGKILL');
    await waitUntil({ waitedFor: 'd to be ready again', seconds: 60 }, async () => {
      expect(supervisor.status()).toMatchObject([{ state: 'ready', restarts: 1 }]);
      return Promise.resolve();
    });
    expect(pidOf(supervisor, 'd')).not.toBe(before);
  });

  test('leaves a node down that it was told to kill, until told to start it', async () => {
    await supervisor.start(script('e', STAYS));
    await supervisor.kill('e', false);
    expect(supervisor.status()).toMatchObject([{ state: 'stopped', restarts: 0 }]);
    await supervisor.startAgain('e');
    expect(supervisor.status()).toMatchObject([{ state: 'ready' }]);
  });

  test('kills a node that does not stop when asked', async () => {
    const stubborn = "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)";
    await supervisor.start(script('f', stubborn, { stopSeconds: 0.2 }));
    const identity = identifyProcess(pidOf(supervisor, 'f')!)!;
    await supervisor.stop('f');
    expect(isRunning(identity)).toBe(false);
  });

  test('refuses to command a node it does not have', async () => {
    expect(() => supervisor.stop('nobody')).toThrow(expect.objectContaining({ code: 'ERR_NODE_UNKNOWN' }));
    return Promise.resolve();
  });
});

describe("the supervisor's process", () => {
  test('ends every node when its owner disappears', async () => {
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const client = await startSupervisor(folders, owner.pid!);
    await client.startNode(script('g', STAYS));
    const node = identifyProcess((await client.status())[0]!.pid!)!;
    owner.kill('SIGKILL');
    await waitUntil({ waitedFor: 'the node to end', seconds: 60 }, () =>
      isRunning(node) ? Promise.reject(new Error('it runs')) : Promise.resolve(),
    );
    await waitUntil({ waitedFor: 'the supervisor to end', seconds: 60 }, async () => {
      expect(await isSupervised(folders.run)).toBe(false);
    });
  });

  test('when killed comes back by itself and takes its nodes over as they run', async () => {
    const client = await startSupervisor(folders, process.pid);
    await client.startNode(script('h', STAYS));
    await client.startNode(script('i', STAYS));
    await client.stopNode('i');
    const node = identifyProcess((await client.status())[0]!.pid!)!;
    await killSupervisor();
    await waitUntil({ waitedFor: 'the supervisor to be back', seconds: 30 }, async () => {
      expect(await client.status()).toMatchObject([
        { name: 'h', state: 'ready', pid: node.pid, restarts: 0 },
        { name: 'i', state: 'stopped' },
      ]);
    });
    expect(isRunning(node)).toBe(true);
    // it sees the end of a process that is not its child, too
    process.kill(node.pid, 'SIGKILL');
    await waitUntil({ waitedFor: 'h to be ready again', seconds: 60 }, async () => {
      expect((await client.status())[0]).toMatchObject({ state: 'ready', restarts: 1 });
    });
  });

  test('when killed together with a node starts that node again', async () => {
    const client = await startSupervisor(folders, process.pid);
    await client.startNode(script('j', STAYS));
    const node = identifyProcess((await client.status())[0]!.pid!)!;
    await killSupervisor();
    process.kill(node.pid, 'SIGKILL');
    await waitUntil({ waitedFor: 'j to be ready again', seconds: 30 }, async () => {
      const [told] = await client.status();
      expect(told).toMatchObject({ state: 'ready', restarts: 1 });
      expect(told?.pid).not.toBe(node.pid);
    });
  });

  test('starts its guard again when that is killed', async () => {
    await startSupervisor(folders, process.pid);
    const guard = await guardIdentity();
    process.kill(guard.pid, 'SIGKILL');
    await waitUntil({ waitedFor: 'another guard', seconds: 30 }, async () => {
      expect((await guardIdentity()).pid).not.toBe(guard.pid);
    });
  });

  test('when killed together with its guard leaves pid files by which all is ended', async () => {
    const client = await startSupervisor(folders, process.pid);
    await client.startNode(script('k', STAYS));
    const node = identifyProcess((await client.status())[0]!.pid!)!;
    process.kill((await guardIdentity()).pid, 'SIGKILL');
    await killSupervisor();
    await waitUntil({ waitedFor: 'the supervisor to be gone', seconds: 60 }, async () => {
      expect(await isSupervised(folders.run)).toBe(false);
    });
    expect(isRunning(node)).toBe(true);
    expect(await endSupervised(folders.run, 2)).toContain('k');
    expect(isRunning(node)).toBe(false);
  });

  test('is not brought back by its guard after an orderly end', async () => {
    const client = await startSupervisor(folders, process.pid);
    const guard = await guardIdentity();
    await client.shutDown();
    await waitUntil({ waitedFor: 'the guard to end', seconds: 60 }, () =>
      isRunning(guard) ? Promise.reject(new Error('it runs')) : Promise.resolve(),
    );
    expect(await isSupervised(folders.run)).toBe(false);
  });

  test('tells of a node that runs and does not answer any more', async () => {
    const client = await startSupervisor(folders, process.pid);
    const { port, close } = await listen();
    await client.startNode(script('l', STAYS, { readiness: { kind: 'tcp', host: '127.0.0.1', port } }));
    expect(await client.check()).toMatchObject([{ name: 'l', state: 'ready' }]);
    await close();
    expect(await client.check()).toMatchObject([
      { name: 'l', state: 'unready', why: expect.stringContaining('ECONN') },
    ]);
    expect(await client.status()).toMatchObject([{ name: 'l', state: 'ready' }]);
  });

  test('passes on the code of what failed', async () => {
    const client = await startSupervisor(folders, process.pid);
    await expect(client.stopNode('nobody')).rejects.toMatchObject({ code: 'ERR_NODE_UNKNOWN' });
    await expect(connectSupervisor(join(base, 'elsewhere')).status()).rejects.toMatchObject({
      code: 'ERR_SUPERVISOR_UNREACHABLE',
    });
  });
});

test('a pid file never ends a process that was given the pid later', async () => {
  writePidFile(folders.run, 'old', { pid: process.pid, startTime: 'before the last reboot' });
  expect(await sweepPidFiles(folders.run, 1)).toEqual([]);
  await expect(readFile(join(folders.run, 'old.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('the port preflight', () => {
  let server: Server;
  let port: number;
  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  });
  afterEach(() => void server.close());

  test('names the port and the node that wants it', async () => {
    await expect(requireFreePorts('127.0.0.1', [{ port, node: 'peer.army' }])).rejects.toMatchObject({
      code: 'ERR_PORT_BUSY',
      details: { port, node: 'peer.army' },
    });
  });

  test('finds a range that is free', async () => {
    const first = await findFreeBase('127.0.0.1', 20);
    const wanted = Array.from({ length: 20 }, (_, index) => ({ port: first + index, node: 'any' }));
    await expect(requireFreePorts('127.0.0.1', wanted)).resolves.toBeUndefined();
  });
});
