// npm run test:containers: brings the committed docker-compose.yaml up in an engine of its own, with images built here, runs a
// job and looks at every container. Where no engine can be started it says so and counts as skipped.

import { equal, match, ok } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../network/src/index.ts';
import { type Engine, obstacle, startEngine } from './engine.ts';
import { buildImages, ownTargets } from './images.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PROJECT = 'muster-test';
const HEALTHY_SECONDS = 180;
const MIB = 1024 * 1024;

interface Inspected {
  readonly Name: string;
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> };
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Health?: { readonly Status: string } };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly Privileged: boolean;
    readonly CapDrop: readonly string[];
    readonly SecurityOpt: readonly string[];
    readonly Memory: number;
  };
}

const compose = (engine: Engine, ...args: string[]): Promise<string> =>
  engine.call('docker-compose', '--file', join(root, 'docker-compose.yaml'), '--project-name', PROJECT, ...args);

async function inspect(engine: Engine): Promise<Inspected[]> {
  const ids = (await engine.call('docker', 'ps', '--all', '--quiet')).split('\n').filter(Boolean);
  return JSON.parse(await engine.call('docker', 'inspect', ...ids)) as Inspected[];
}

const serviceOf = ({ Config }: Inspected): string => Config.Labels['com.docker.compose.service'] ?? '';

function isUp(one: Inspected): boolean {
  const setup = serviceOf(one).startsWith('setup-');
  return setup ? one.State.Status === 'exited' && one.State.ExitCode === 0 : one.State.Health?.Status === 'healthy';
}

async function allUp(engine: Engine): Promise<void> {
  await waitUntil({ waitedFor: 'all containers', seconds: HEALTHY_SECONDS, pollMs: 1000 }, async () => {
    const late = (await inspect(engine)).filter((one) => !isUp(one)).map(serviceOf);
    if (late.length > 0) throw new Error(`not yet: ${late.join(', ')}`);
  });
}

/** Runs a job of one round. @returns digest of its model */
async function runJob(engine: Engine): Promise<string> {
  const told = await compose(engine, 'run', '--rm', '-T', 'job', '--rounds', '1', '--json');
  const events = told.split('\n').filter((line) => line.startsWith('{'));
  const last = JSON.parse(events.at(-1) ?? '{}') as { event?: string; rounds?: number; model?: string };
  equal(last.event, 'finished');
  equal(last.rounds, 1);
  match(last.model ?? '', /^sha256:[0-9a-f]{64}$/);
  return last.model ?? '';
}

/** Each peer's ledger: how long its file of blocks is, and the digest of its beginning. */
async function ledgers(
  engine: Engine,
  beginnings?: ReadonlyMap<string, number>,
): Promise<Map<string, [number, string]>> {
  const peers = (await inspect(engine)).filter((one) => serviceOf(one).startsWith('peer'));
  const read = async (one: Inspected): Promise<[string, [number, string]]> => {
    const service = serviceOf(one);
    const said = await engine.call(
      ...(['docker', 'exec', one.Name.slice(1), 'bash', '-c'] as const),
      `file=$(find /var/lib/muster -path '*/chains/muster/blockfile_000000'); size=$(stat -c %s "$file"); ` +
        `echo "$size $(head -c "${beginnings?.get(service) ?? '$size'}" "$file" | sha256sum)"`,
    );
    const [size, digest] = said.split(' ') as [string, string];
    return [service, [Number(size), digest]];
  };
  return new Map(await Promise.all(peers.map(read)));
}

/** The tests, in their order: each rests on those before it. */
const tests: readonly (readonly [title: string, test: (engine: Engine) => Promise<void>])[] = [
  [
    'every service becomes healthy and every step of the set-up ends well',
    async (engine) => {
      await allUp(engine);
    },
  ],
  [
    'a job runs to its end with the updates of all agents',
    async (engine) => {
      await runJob(engine);
    },
  ],
  [
    'no container is privileged, has a capability, may gain one, or has memory without end',
    async (engine) => {
      for (const { Name, HostConfig } of await inspect(engine)) {
        equal(HostConfig.Privileged, false, Name);
        equal(HostConfig.CapDrop.join(), 'ALL', Name);
        ok(
          HostConfig.SecurityOpt.some((option) => option.startsWith('no-new-privileges')),
          Name,
        );
        ok(HostConfig.Memory > 0, Name);
      }
    },
  ],
  [
    'inside every running container processes are of user 1000 without capabilities, and the root cannot be written',
    async (engine) => {
      for (const one of (await inspect(engine)).filter(({ State }) => State.Status === 'running')) {
        const name = one.Name.slice(1);
        const said = await engine.call(
          ...(['docker', 'exec', name, 'bash', '-c'] as const),
          'grep -E "^(Uid|CapEff|NoNewPrivs):" /proc/1/status; (: > /probe) 2>/dev/null && echo writable || echo read-only',
        );
        match(said, /^Uid:\s+1000\s+1000\s/m, name);
        match(said, /^CapEff:\s+0+$/m, name);
        match(said, /^NoNewPrivs:\s+1$/m, name);
        match(said, /read-only$/m, name);
        equal(one.HostConfig.ReadonlyRootfs, true, name);
      }
    },
  ],
  [
    'keys are readable by their owner only',
    async (engine) => {
      const running = (await inspect(engine)).filter(({ State }) => State.Status === 'running');
      const modes = await Promise.all(
        running.map(({ Name }) =>
          engine.call(
            'docker',
            'exec',
            Name.slice(1),
            ...['find', '/var/lib/muster', '-type', 'f', '-name', 'key.pem', '-printf', '%m %u\n'],
          ),
        ),
      );
      const keys = modes.flatMap((lines) => lines.split('\n').filter(Boolean));
      ok(keys.length > running.length / 2, `${keys.length} keys found`);
      equal(keys.filter((key) => !/^600 (1000|node)$/.test(key)).join(), '');
    },
  ],
  [
    'taken down without its volumes and brought up again, the network goes on with the ledger it had',
    async (engine) => {
      const before = await ledgers(engine);
      equal(before.size, 4);
      await compose(engine, 'down', '--timeout', '20');
      equal((await engine.call('docker', 'ps', '--all', '--quiet')).trim(), '');
      await compose(engine, 'up', '--detach', '--no-build');
      await allUp(engine);
      await runJob(engine);
      const beginnings = new Map([...before].map(([peer, [size]]) => [peer, size]));
      for (const [peer, [size, digest]] of await ledgers(engine, beginnings)) {
        const [had, was] = before.get(peer) ?? [0, ''];
        ok(size > had, `the ledger of ${peer} has ${size} bytes, and had ${had}`);
        equal(digest, was, `the ledger of ${peer} begins as it did`);
      }
    },
  ],
];

async function bringUp(engine: Engine): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'network', 'package.json'), 'utf8')) as { version: string };
  const began = performance.now();
  await buildImages(engine, version);
  const built = performance.now();
  for (const target of ownTargets) {
    const size = await engine.call(
      'docker',
      'image',
      'inspect',
      '--format',
      '{{.Size}}',
      `muster/${target}:${version}`,
    );
    console.log(`  image muster/${target}: ${(Number(size) / MIB).toFixed(0)} MiB`);
  }
  try {
    await compose(engine, 'up', '--detach', '--no-build');
  } catch (error) {
    const steps = (await inspect(engine)).map(serviceOf).filter((service) => service.startsWith('setup-'));
    console.log(await compose(engine, 'logs', '--no-color', '--tail', '20', ...steps));
    throw error;
  }
  const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(1);
  console.log(`  images in ${seconds(began, built)} s, network up in ${seconds(built, performance.now())} s`);
}

async function runTests(engine: Engine): Promise<{ passed: number; failed: number }> {
  const counts = { passed: 0, failed: 0 };
  for (const [title, test] of tests) {
    try {
      await test(engine);
      counts.passed += 1;
      console.log(`✓ ${title}`);
    } catch (error) {
      counts.failed += 1;
      console.log(`✗ ${title}\n${String(error)}`);
    }
  }
  return counts;
}

async function main(): Promise<void> {
  const reason = obstacle();
  if (reason !== undefined) {
    console.log(`containers: skipped: ${reason}\n0 passed, 0 failed, ${tests.length} skipped`);
    return;
  }
  const engine = await startEngine();
  try {
    await bringUp(engine);
    const { passed, failed } = await runTests(engine);
    console.log(`${passed} passed, ${failed} failed, 0 skipped`);
    process.exitCode = failed > 0 ? 1 : 0;
  } finally {
    await compose(engine, 'down', '--volumes', '--timeout', '10').catch((error: unknown) =>
      console.error(String(error)),
    );
    await engine.stop();
  }
}

await main();
