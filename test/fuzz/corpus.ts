// The corpus of a parser: small files that it accepts, and nasty ones that it must refuse.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', 'corpus');

export interface CorpusEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

/** All entries of a parser, by name. */
export function readCorpus(parser: string): CorpusEntry[] {
  const folder = join(FOLDER, parser);
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

/** Adds an entry, or writes it anew. @returns its path from the root of the repository */
export function writeCorpus(parser: string, name: string, bytes: Uint8Array): string {
  mkdirSync(join(FOLDER, parser), { recursive: true });
  writeFileSync(join(FOLDER, parser, name), bytes);
  return `test/corpus/${parser}/${name}`;
}
