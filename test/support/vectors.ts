// Reads the vectors of an area: every file of test/vectors/<area> is one vector or a list of them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', 'vectors');

/** One case: where it comes from, what goes in, and what must come out or which error code. */
export interface Vector<I, O> {
  readonly title: string;
  /** a paper, an RFC, a repository, or the generator beside it */
  readonly source: string;
  readonly input: I;
  readonly expect?: O;
  readonly error?: string;
}

/** The path of a fixture. */
export function vectorPath(...parts: readonly string[]): string {
  return join(FOLDER, ...parts);
}

/** The vectors of one file, `<area>/<name>.json`. */
export function readVectors<I, O>(area: string, name: string): Vector<I, O>[] {
  const read: unknown = JSON.parse(readFileSync(vectorPath(area, `${name}.json`), 'utf8'));
  return (Array.isArray(read) ? read : [read]) as Vector<I, O>[];
}

/** The names of an area's vector files, without extension. */
export function vectorFiles(area: string): string[] {
  return readdirSync(vectorPath(area))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
}
