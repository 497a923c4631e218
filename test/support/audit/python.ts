// The Python of test/python: a virtual environment in the cache folder, made by `npm run bench -- audit`.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../../network/src/fabric/cache-folder.ts';

const folder = (): string => join(cacheFolder(process.env), 'peers', 'audit', 'venv');
const interpreter = (): string => join(folder(), 'bin', 'python');

/** Its interpreter; undefined where it was not made, or lacks a library. */
export function auditPython(): string | undefined {
  if (!existsSync(interpreter())) return undefined;
  try {
    execFileSync(interpreter(), ['-c', 'import cryptography, numpy, safetensors'], { stdio: 'ignore' });
    return interpreter();
  } catch {
    return undefined; // whoever asks says that it is not there
  }
}

/** Makes it. @throws Error where python3 or pip fails */
export function makeAuditPython(): string {
  const requirements = join(import.meta.dirname, '..', '..', 'python', 'requirements.txt');
  mkdirSync(join(folder(), '..'), { recursive: true });
  execFileSync('python3', ['-m', 'venv', '--clear', folder()]);
  execFileSync(interpreter(), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  return interpreter();
}
