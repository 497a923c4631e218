// Tests of finding Fabric's programs.
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createProgress } from '../progress.ts';
import { builtFolder } from './build-toolset.ts';
import { ensureFabric } from './ensure-fabric.ts';
import { parseVersion, toolsets } from './toolset.ts';

const versions = { fabric: '3.1.1', fabricCa: '1.5.15' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-tools-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Stands in for a release archive's bin folder: programs that tell their version. */
async function programs(into: string, fabric: string, ca: string): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const { module, tools } of toolsets) {
    for (const tool of tools) {
      await writeFile(join(into, tool), `#!/bin/sh\necho 'Version: v${module === 'fabric' ? fabric : ca}'\n`);
      await chmod(join(into, tool), 0o755);
    }
  }
}

test.each([
  ['peer:\n Version: v3.1.1\n Commit SHA: abc', '3.1.1'],
  ['fabric-ca-server:\n Version: 1.5.15\n', '1.5.15'],
  ['peer:\n Version: latest', undefined],
])('reads the version of %j as %s', (output, version) => {
  expect(parseVersion(output)).toBe(version);
});

describe("Fabric's programs", () => {
  test('are taken from PATH where the versions fit', async () => {
    await programs(join(folder, 'bin'), '3.1.4', '1.5.12');
    const tools = await ensureFabric(versions, createProgress('silent'), {
      PATH: join(folder, 'bin'),
      XDG_CACHE_HOME: folder,
    });
    expect(tools.peer).toBe(join(folder, 'bin', 'peer'));
    expect(tools['fabric-ca-server']).toBe(join(folder, 'bin', 'fabric-ca-server'));
  });

  test('of other versions on PATH are passed over for an earlier build', async () => {
    await programs(join(folder, 'bin'), '2.5.0', '1.4.0');
    const cached = await builtFolder(join(folder, 'muster'), toolsets[0]!, versions.fabric);
    await programs(cached, '3.1.1', '');
    const cachedCa = await builtFolder(join(folder, 'muster'), toolsets[1]!, versions.fabricCa);
    await programs(cachedCa, '', '1.5.15');
    const tools = await ensureFabric(versions, createProgress('silent'), {
      PATH: join(folder, 'bin'),
      XDG_CACHE_HOME: folder,
    });
    expect(tools.orderer).toBe(join(cached, 'orderer'));
    expect(tools['fabric-ca-server']).toBe(join(cachedCa, 'fabric-ca-server'));
  });

  test('cannot be built without Go, which is said with what to install, and nothing half-built stays', async () => {
    const progress = createProgress('silent');
    const env = { PATH: join(folder, 'empty'), XDG_CACHE_HOME: folder };
    await expect(ensureFabric(versions, progress, env)).rejects.toMatchObject({
      code: 'ERR_FABRIC_MISSING',
      details: { install: expect.stringContaining('Go 1.26') },
    });
    expect(await readdir(join(folder, 'muster', 'fabric'))).toEqual([]);
  });

  test('whose build fails are refused with the end of Go’s output, and nothing half-built stays', async () => {
    const go = join(folder, 'bin', 'go');
    await mkdir(join(folder, 'bin'));
    await writeFile(go, '#!/bin/sh\necho "no space left" >&2\nexit 1\n');
    await chmod(go, 0o755);
    const env = { PATH: `${join(folder, 'bin')}:/bin:/usr/bin`, XDG_CACHE_HOME: folder };
    await expect(ensureFabric(versions, createProgress('silent'), env)).rejects.toMatchObject({
      code: 'ERR_FABRIC_BUILD',
      details: { output: expect.stringContaining('no space left') },
    });
  });
});
