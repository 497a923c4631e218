// The outbox on disk: per envelope `<jti>.json` and, before it, `<jti>.artefact`; what was refused lies in refused/ with its reason.

import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ACTS, parseJson, type Act, type ErrorReport } from '@muster/protocol';
import { z } from 'zod';
import { writePrivately } from '../enrol/index.ts';

/** What waits to be handed in. */
export interface OutboxEntry {
  readonly v: 1;
  readonly jti: string;
  readonly act: Act;
  readonly envelope: string;
  /** whether bytes go before the envelope */
  readonly artefact: boolean;
}

export interface RefusedEntry extends OutboxEntry {
  readonly error: ErrorReport;
}

const ENTRY = '.json';
const ARTEFACT = '.artefact';

/** File access of one outbox folder. */
export interface OutboxFiles {
  /** Complete entries; leftovers of a crash in the middle of a write are removed. */
  load(): Promise<OutboxEntry[]>;
  write(entry: OutboxEntry, artefact?: Uint8Array): Promise<void>;
  readArtefact(jti: string): Promise<Uint8Array>;
  remove(jti: string): Promise<void>;
  setAside(entry: OutboxEntry, error: ErrorReport): Promise<void>;
  refused(): Promise<RefusedEntry[]>;
}

const entrySchema = z.object({
  v: z.literal(1),
  // it names files, so it must be no path
  jti: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be base64url SHA-256'),
  act: z.enum(ACTS),
  envelope: z.string(),
  artefact: z.boolean(),
});
const refusedSchema = entrySchema.extend({
  error: z.object({ code: z.string(), details: z.record(z.string(), z.unknown()) }),
});

/**
 * Reads an entry's file.
 * @throws ERR_DOCUMENT_INVALID
 */
export function parseOutboxEntry(file: string, text: string | Uint8Array): OutboxEntry {
  return parseJson(file, entrySchema, text);
}

function parseRefusedEntry(file: string, text: Uint8Array): RefusedEntry {
  return parseJson(file, refusedSchema, text) as RefusedEntry;
}

async function readEntries<T>(folder: string, parse: (file: string, text: Uint8Array) => T): Promise<T[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENTRY)).sort();
  return Promise.all(names.map(async (name) => parse(join(folder, name), await readFile(join(folder, name)))));
}

export function createOutboxFiles(folder: string): OutboxFiles {
  const aside = join(folder, 'refused');
  const entryFile = (jti: string): string => join(folder, `${jti}${ENTRY}`);
  const artefactFile = (jti: string): string => join(folder, `${jti}${ARTEFACT}`);
  const remove = async (jti: string): Promise<void> => {
    // the entry first: without it the artefact is a leftover, which the next load removes
    await rm(entryFile(jti), { force: true });
    await rm(artefactFile(jti), { force: true });
  };
  return {
    async load() {
      await mkdir(aside, { recursive: true, mode: 0o700 });
      const entries = await readEntries(folder, parseOutboxEntry);
      const wanted = new Set(entries.flatMap(({ jti }) => [`${jti}${ENTRY}`, `${jti}${ARTEFACT}`]));
      const leftovers = (await readdir(folder)).filter((name) => name !== 'refused' && !wanted.has(name));
      await Promise.all(leftovers.map((name) => rm(join(folder, name), { force: true })));
      return entries;
    },
    async write(entry, artefact) {
      if (artefact !== undefined) await writePrivately(artefactFile(entry.jti), artefact);
      await writePrivately(entryFile(entry.jti), JSON.stringify(entry));
    },
    readArtefact: (jti) => readFile(artefactFile(jti)),
    remove,
    async setAside(entry, error) {
      const refused: RefusedEntry = { ...entry, error };
      if (entry.artefact) await rename(artefactFile(entry.jti), join(aside, `${entry.jti}${ARTEFACT}`));
      await writePrivately(join(aside, `${entry.jti}${ENTRY}`), JSON.stringify(refused));
      await remove(entry.jti);
    },
    refused: () => readEntries(aside, parseRefusedEntry),
  };
}
