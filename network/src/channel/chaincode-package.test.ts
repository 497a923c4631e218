// Tests of the chaincode's package and of the builder scripts that take it.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionsVariable } from '../derive/peer-config.ts';
import { builderFolder } from '../derive/placement.ts';
import { chaincodePackage, digestSources, packageId } from './chaincode-package.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-package-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a chaincode package', () => {
  test('is the same bytes for the same sources, and others for others', () => {
    expect(chaincodePackage('muster_1', 'sha256:aa').equals(chaincodePackage('muster_1', 'sha256:aa'))).toBe(true);
    expect(packageId('muster_1', chaincodePackage('muster_1', 'sha256:aa'))).not.toBe(
      packageId('muster_1', chaincodePackage('muster_1', 'sha256:bb')),
    );
  });

  test('is an archive that tar reads', async () => {
    const file = join(folder, 'package.tar.gz');
    await writeFile(file, chaincodePackage('muster_1', 'sha256:aa'));
    const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' });
    expect(names).toBe('metadata.json\ncode.tar.gz\n');
    const metadata = execFileSync('tar', ['-xzOf', file, 'metadata.json'], { encoding: 'utf8' });
    expect(JSON.parse(metadata)).toEqual({ type: 'ccaas', label: 'muster_1' });
  });

  test('digests sources by name and content, tests excepted', async () => {
    await writeFile(join(folder, 'a.ts'), 'one');
    const before = await digestSources([folder]);
    await writeFile(join(folder, 'a.test.ts'), 'a test');
    expect(await digestSources([folder])).toBe(before);
    await writeFile(join(folder, 'a.ts'), 'two');
    expect(await digestSources([folder])).not.toBe(before);
  });
});

describe('the external builder', () => {
  const run = (script: string, ...args: string[]): void => {
    execFileSync(join(builderFolder, 'bin', script), args, {
      env: { PATH: process.env['PATH'], [connectionsVariable]: join(folder, 'connections') },
      stdio: 'ignore',
    });
  };

  test("gives the peer the connection file of the package's label", async () => {
    for (const name of ['source', 'metadata', 'output', 'release', 'connections']) {
      await mkdir(join(folder, name));
    }
    await writeFile(join(folder, 'metadata', 'metadata.json'), JSON.stringify({ type: 'ccaas', label: 'muster_1' }));
    await writeFile(join(folder, 'connections', 'muster_1.json'), '{"address":"here"}');
    run('detect', join(folder, 'source'), join(folder, 'metadata'));
    run('build', join(folder, 'source'), join(folder, 'metadata'), join(folder, 'output'));
    run('release', join(folder, 'output'), join(folder, 'release'));
    const connection = join(folder, 'release', 'chaincode', 'server', 'connection.json');
    expect(await readFile(connection, 'utf8')).toBe('{"address":"here"}');
    expect((await stat(connection)).mode & 0o777).toBe(0o600);
  });

  test('leaves packages of other types to others', async () => {
    await writeFile(join(folder, 'metadata.json'), JSON.stringify({ type: 'golang', label: 'x' }));
    expect(() => run('detect', folder, folder)).toThrow(expect.objectContaining({ status: 1 }));
  });
});
