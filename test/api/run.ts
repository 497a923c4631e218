// `npm run test:api`: schemathesis (PyPI) against a real gateway's own OpenAPI document, over mutual TLS, with all of its checks,
// examples, coverage, fuzzing and stateful phases. Not a part of `npm test`: it takes Python with venv and pip, which machines
// that train need not have, and some minutes. Exits with 1 where a check fails, with 2 where schemathesis cannot be had.

import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readIfPresent } from '@muster/edge-agent/enrol';
import { cacheFolder } from '@muster/network';
import { isMusterError } from '@muster/protocol';
import { identityFolder } from '../../network/src/derive/plan.ts';
import { runTool } from '../../network/src/run-tool.ts';
import { RealConsortium } from '../support/real-consortium.ts';
import { populate } from './populate.ts';

const FOLDER = import.meta.dirname;
const REQUIREMENTS = join(FOLDER, 'requirements.txt');
const INSTALL_SECONDS = 600;

/** The folder of schemathesis' programs, made once in the cache. @throws ERR_TOOL_FAILED */
async function ensureSchemathesis(): Promise<string> {
  const folder = join(cacheFolder(process.env), 'peers', 'schemathesis');
  const bin = join(folder, 'venv', 'bin');
  const marker = join(folder, 'ready');
  const digest = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex');
  if ((await readIfPresent(marker)) === digest) return bin;
  await mkdir(folder, { recursive: true });
  await runTool('python3', ['-m', 'venv', '--clear', join(folder, 'venv')], { seconds: INSTALL_SECONDS });
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '-r', REQUIREMENTS];
  await runTool(join(bin, 'python'), pip, { seconds: INSTALL_SECONDS });
  await writeFile(marker, digest);
  return bin;
}

/** Runs a program with its output on ours. @returns its exit code */
function show(command: string, args: readonly string[], cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function test(bin: string, examples: string): Promise<number> {
  const consortium = await RealConsortium.found(['agent-1', 'validator']);
  const folder = await mkdtemp(join(tmpdir(), 'muster-api-'));
  try {
    await populate(consortium);
    const { gatewayUrl, roots, ...plan } = consortium.plan('army');
    const keys = identityFolder({ gatewayUrl, roots, ...plan }, 'agent-1');
    return await show(
      join(bin, 'schemathesis'),
      [
        ...['--config-file', join(FOLDER, 'schemathesis.toml'), 'run', `${gatewayUrl}/openapi.json`],
        ...['--tls-verify', roots.tls],
        ...['--request-cert', join(keys, 'certificate.pem'), '--request-cert-key', join(keys, 'key.pem')],
        ...['--checks', 'all', '--phases', 'examples,coverage,fuzzing,stateful', '--max-examples', examples],
        ...['--request-timeout', '90', '--generation-deterministic', '--continue-on-failure', '--no-color'],
      ],
      folder,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
    await consortium.end();
  }
}

const { values } = parseArgs({ options: { examples: { type: 'string', default: '20' } } });
try {
  process.exitCode = (await test(await ensureSchemathesis(), values.examples)) === 0 ? 0 : 1;
} catch (error) {
  if (!isMusterError(error, 'ERR_TOOL_FAILED')) throw error;
  console.error(`schemathesis cannot be had: ${error.message}`);
  process.exitCode = 2;
}
