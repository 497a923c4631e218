// Images without a registry: a base of this Debian's own files with the pinned Node, stand-ins of Hyperledger's images from
// the programs that native networks run, and Muster's from its own Dockerfile.

import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createProgress, ensureFabric, readDescription } from '../../network/src/index.ts';
import type { Engine } from './engine.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const BASE = 'local/base';
const TOOLS = 'local/fabric-tools';
export const ownTargets = ['chaincode', 'gateway', 'agent', 'setup'] as const;

/** What a program of node:24-bookworm-slim may rely on. */
const packages = [
  ...['base-files', 'bash', 'dash', 'coreutils', 'findutils', 'sed', 'grep', 'libc6', 'libc-bin', 'libgcc-s1'],
  ...['libstdc++6', 'libtinfo6', 'libselinux1', 'libpcre2-8-0', 'libacl1', 'libattr1', 'libgmp10', 'zlib1g'],
];

/** Builds every image that docker-compose.yaml names. @param version - of Muster's own images */
export async function buildImages(engine: Engine, version: string): Promise<void> {
  await importBase(engine);
  await buildFabricImages(engine);
  for (const target of ownTargets) {
    await engine.call(
      'docker',
      ...['build', '--network', 'host', '--file', join(root, 'containers', 'Dockerfile'), '--target', target],
      ...['--build-arg', `BASE=${BASE}`, '--build-arg', `FABRIC_TOOLS=${TOOLS}`, '--build-arg', `VERSION=${version}`],
      ...['--tag', `muster/${target}:${version}`, root],
    );
  }
}

async function importBase(engine: Engine): Promise<void> {
  const tree = join(engine.folder, 'base');
  for (const folder of [
    'usr/local/bin',
    'usr/local/lib/node_modules',
    'etc/ssl/certs',
    'tmp',
    'proc',
    'sys',
    'dev',
    'run',
  ]) {
    await mkdir(join(tree, folder), { recursive: true });
  }
  // a tmpfs takes the mode of the folder that it is mounted on
  await chmod(join(tree, 'tmp'), 0o1777);
  // /bin and the like are links into /usr; documentation stays behind
  const copy =
    `set -eu; (printf 'bin\\nsbin\\nlib\\nlib64\\n'; dpkg -L ${packages.join(' ')} | ` +
    `sed -E 's#^/(bin|sbin|lib|lib64)/#/usr/\\1/#' | grep -E '^/(usr|etc)/' | ` +
    `grep -vE '^/usr/share/(doc|man|info|locale|lintian|bug)/' | sort -u | ` +
    `while read -r f; do if [ -e "$f" ] || [ -L "$f" ]; then echo "\${f#/}"; fi; done) | ` +
    `tar -C / --no-recursion -cf - -T - | tar -C "$1" -xf -`;
  await run('sh', ['-c', copy, 'sh', tree]);
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0::/root:/bin/bash\nnode:x:1000:1000::/tmp:/bin/bash\n');
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\nnode:x:1000:\n');
  await writeFile(join(tree, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  const certificates = 'etc/ssl/certs/ca-certificates.crt';
  await copyFile(join('/', certificates), join(tree, certificates));
  await copyFile(process.execPath, join(tree, 'usr/local/bin/node'));
  const { stdout } = await run('sh', ['-c', 'command -v npm']);
  const npm = dirname(dirname(await realpath(stdout.trim())));
  await cp(npm, join(tree, 'usr/local/lib/node_modules/npm'), { recursive: true, dereference: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(tree, 'usr/local/bin/npm'));
  const archive = join(engine.folder, 'base.tar');
  await run('tar', ['-C', tree, '-cf', archive, '.']);
  const settings = ['ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin', `ENV NODE_EXTRA_CA_CERTS=/${certificates}`].flatMap(
    (setting) => ['--change', setting],
  );
  await engine.call('docker', 'import', ...settings, archive, `${BASE}:latest`);
}

async function buildFabricImages(engine: Engine): Promise<void> {
  const description = readDescription();
  const tools = await ensureFabric(description, createProgress('silent'));
  const images: readonly (readonly [image: string, programs: readonly string[]])[] = [
    [`hyperledger/fabric-peer:${description.fabric}`, [tools.peer]],
    [`hyperledger/fabric-orderer:${description.fabric}`, [tools.orderer]],
    [`hyperledger/fabric-ca:${description.fabricCa}`, [tools['fabric-ca-server']]],
    [TOOLS, [tools.peer, tools.osnadmin, tools.configtxgen]],
  ];
  for (const [index, [image, programs]] of images.entries()) {
    const context = join(engine.folder, `image-${index}`);
    await mkdir(join(context, 'bin'), { recursive: true });
    await Promise.all(programs.map((program) => copyFile(program, join(context, 'bin', basename(program)))));
    await writeFile(join(context, 'Dockerfile'), `FROM ${BASE}\nCOPY bin/ /usr/local/bin/\n`);
    await engine.call('docker', 'build', '--tag', image, context);
  }
}
