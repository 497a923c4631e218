// The content-addressed file store: bytes enter under the content id they have, or not at all.

import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CidBuilder, codedStorageError, MusterError, parseCid } from '@muster/protocol';

/** Keeps artefacts as files named by their content id. */
export class ArtefactStore {
  readonly #folder: string;
  readonly #arriving: string;
  readonly #limit: number;

  /** @param limit bytes of the largest artefact */
  constructor(folder: string, limit: number) {
    this.#folder = folder;
    this.#arriving = join(folder, 'arriving');
    this.#limit = limit;
    // what a killed process left half written has no name and is of no use
    rmSync(this.#arriving, { recursive: true, force: true });
    mkdirSync(this.#arriving, { recursive: true });
  }

  /** Folder and file of an artefact; the last characters of a CID are spread evenly. */
  #place(cid: string): { folder: string; file: string } {
    const folder = join(this.#folder, cid.slice(-2));
    return { folder, file: join(folder, cid) };
  }

  /**
   * Where an artefact's file is, and its size.
   * @returns undefined where it is not in this store
   * @throws ERR_CID_INVALID
   */
  async find(cid: string): Promise<{ file: string; bytes: number } | undefined> {
    parseCid(cid);
    const { file } = this.#place(cid);
    try {
      return { file, bytes: (await stat(file)).size };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * Refuses what is announced as too large, before a byte is read.
   * @throws ERR_ARTEFACT_TOO_LARGE
   */
  verifySize(bytes: number): void {
    if (bytes > this.#limit) throw new MusterError('ERR_ARTEFACT_TOO_LARGE', { bytes, limit: this.#limit });
  }

  /**
   * Takes bytes in: to a file without a name while they are hashed, which gets its name once they are the right ones and
   * are on the disk.
   * @returns false where the store held them before
   * @throws ERR_CID_INVALID, ERR_ARTEFACT_MISMATCH, ERR_ARTEFACT_TOO_LARGE, ERR_STORAGE_FULL; nothing is kept then
   */
  async put(cid: string, source: AsyncIterable<Uint8Array>): Promise<boolean> {
    const existed = (await this.find(cid)) !== undefined;
    const arriving = join(this.#arriving, randomUUID());
    try {
      const actual = await this.#write(arriving, source);
      if (actual !== cid) throw new MusterError('ERR_ARTEFACT_MISMATCH', { cid, actual });
      if (!existed) await this.#name(arriving, cid);
    } catch (error) {
      throw codedStorageError(error, 'artefacts');
    } finally {
      await rm(arriving, { force: true });
    }
    return !existed;
  }

  async #write(path: string, source: AsyncIterable<Uint8Array>): Promise<string> {
    const builder = new CidBuilder();
    // the folder may have been lost since: what was in it is fetched from siblings again
    await mkdir(this.#arriving, { recursive: true });
    const handle = await open(path, 'wx', 0o600);
    let bytes = 0;
    try {
      for await (const chunk of source) {
        bytes += chunk.length;
        this.verifySize(bytes);
        builder.update(chunk);
        await handle.writeFile(chunk);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    return builder.cid();
  }

  async #name(arriving: string, cid: string): Promise<void> {
    const { folder, file } = this.#place(cid);
    await mkdir(folder, { recursive: true });
    await rename(arriving, file);
    // the name is on the disk only once its folder is
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
