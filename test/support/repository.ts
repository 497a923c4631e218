// The repository's own files, for tests that read it: what git tracks or would track.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const WORKSPACES = ['protocol', 'chaincode', 'gateway', 'edge-agent', 'network'] as const;

/** Paths of all files, from the root, with / between folders: tracked or new, not ignored, not deleted. */
export function listFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return [...new Set(listed.split('\0'))].filter((file) => file !== '' && existsSync(join(ROOT, file))).sort();
}

/** The text of a file, by its path from the root. */
export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** What a TypeScript source imports or re-exports, statically and dynamically, and whose place it asks for. */
export function importsOf(source: string): string[] {
  const statements = source.matchAll(/^\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|^\s*import\s*'([^']+)'/gm);
  const calls = source.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g);
  const places = source.matchAll(/\bimport\.meta(?:\.url\))?\.resolve\(\s*'([^']+)'\s*\)/g);
  return [...statements, ...calls, ...places].map((match) => match[1] ?? match[2] ?? '');
}
