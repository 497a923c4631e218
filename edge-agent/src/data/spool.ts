// Scratch files: examples of formats that cannot be read from the middle are decoded once, into records of one size.
import { randomUUID } from 'node:crypto';
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { malformed } from './malformed.ts';
import { RecordFile } from './record-file.ts';

const BUFFER_BYTES = 1 << 20;
/** The most that one data set may take as scratch: 1 TiB. */
const SPOOL_BYTES = 2 ** 40;

export class Spool {
  private readonly name: string;
  private readonly file: FileHandle;
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private filled = 0;
  private written = 0;

  private constructor(name: string, file: FileHandle) {
    this.name = name;
    this.file = file;
  }

  /**
   * Makes an empty scratch file that only this process sees: it has no name, so it is gone when the process is.
   * @param name of the file that is decoded, for errors
   * @param folder where there is room; the system's folder for temporary files by default
   */
  static async create(name: string, folder: string = tmpdir()): Promise<Spool> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `muster-scratch-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new Spool(name, file);
  }

  get bytes(): number {
    return this.written + this.filled;
  }

  /** Appends bytes, which may change afterwards. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.bytes + bytes.length > SPOOL_BYTES)
      throw malformed(this.name, `takes more than ${SPOOL_BYTES} bytes decoded`);
    for (let done = 0; done < bytes.length;) {
      const count = Math.min(bytes.length - done, BUFFER_BYTES - this.filled);
      this.buffer.set(bytes.subarray(done, done + count), this.filled);
      this.filled += count;
      done += count;
      if (this.filled === BUFFER_BYTES) await this.flush();
    }
  }

  /** Ends writing. The file is read, and closed, by what is returned. */
  async finish(): Promise<RecordFile> {
    await this.flush();
    return RecordFile.of(this.name, this.file, this.written);
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async flush(): Promise<void> {
    for (let done = 0; done < this.filled;) {
      const { bytesWritten } = await this.file.write(this.buffer, done, this.filled - done, this.written + done);
      done += bytesWritten;
    }
    this.written += this.filled;
    this.filled = 0;
  }
}
