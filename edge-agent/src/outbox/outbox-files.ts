// The outbox on disk: per envelope `<jti>.json` and, before it, `<jti>.artefact`; what was refused lies in refused/ with its reason.

import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Act, ErrorReport } from '@muster/protocol';
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

async function readEntries<T>(folder: string): Promise<T[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENTRY)).sort();
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as T));
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
      const entries = await readEntries<OutboxEntry>(folder);
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
    refused: () => readEntries<RefusedEntry>(aside),
  };
}
