// A file of records of one size, read by ranges: records near each other come with one read.
import { read } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { malformed } from './malformed.ts';

/** Records no farther apart than this are read together with what lies between: a read costs more than some bytes. */
const GAP_BYTES = 1 << 15;
/** The most that one read asks for, unless a single record is larger. */
const READ_BYTES = 1 << 22;

/** Which records of a file: `size` bytes each, the first at `start`. */
export interface Records {
  readonly start: number;
  readonly size: number;
  /** Bytes from one record to the next; the size by default. With less, records overlap. */
  readonly step?: number;
}

/** What reading needs of an open file. */
type OpenFile = Pick<FileHandle, 'fd' | 'close'> & {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
};

const readAt = promisify(read);

export class RecordFile {
  readonly path: string;
  readonly bytes: number;
  private readonly file: OpenFile;

  private constructor(path: string, file: OpenFile, bytes: number) {
    this.path = path;
    this.file = file;
    this.bytes = bytes;
  }

  /** A file that is open already, and is closed with this. */
  static of(path: string, file: FileHandle, bytes: number): RecordFile {
    return new RecordFile(path, file, bytes);
  }

  /** A file that somebody else in this process has open, and closes. */
  static borrow(path: string, descriptor: number, bytes: number): RecordFile {
    const file: OpenFile = {
      fd: descriptor,
      read: (buffer, offset, length, position) => readAt(descriptor, buffer, offset, length, position),
      close: () => Promise.resolve(),
    };
    return new RecordFile(path, file, bytes);
  }

  /** By which it may be borrowed for as long as it is open. */
  get descriptor(): number {
    return this.file.fd;
  }

  /** @throws MusterError ERR_DATA_MALFORMED where there is no such file, or it is none */
  static async open(path: string): Promise<RecordFile> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (cause) {
      throw malformed(path, 'cannot be read', cause);
    }
    const status = await file.stat();
    if (status.isFile()) return new RecordFile(path, file, status.size);
    await file.close();
    throw malformed(path, 'is not a file');
  }

  /**
   * Reads a range of bytes.
   * @throws MusterError ERR_DATA_MALFORMED where the file ends before
   */
  async slice(from: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.file.read(buffer, done, length - done, from + done);
      if (bytesRead === 0) {
        throw malformed(this.path, `ends at byte ${from + done}, ${from + length} are needed`);
      }
      done += bytesRead;
    }
    return buffer;
  }

  /**
   * Reads records in whatever order is quickest.
   * @param take gets each record and the place of its index; the bytes are valid during the call only
   */
  async read(
    { start, size, step = size }: Records,
    indices: Int32Array,
    take: (record: Uint8Array, place: number) => void,
  ): Promise<void> {
    const order = placesByIndex(indices);
    const offsetOf = (place: number | undefined): number => start + (indices[place ?? 0] ?? 0) * step;
    for (let next = 0; next < order.length;) {
      const first = next;
      const from = offsetOf(order[first]);
      let to = from + size;
      for (next++; next < order.length; next++) {
        const offset = offsetOf(order[next]);
        if (offset - to > GAP_BYTES || offset + size - from > READ_BYTES) break;
        to = offset + size;
      }
      const bytes = await this.slice(from, to - from);
      for (const place of order.subarray(first, next)) {
        const at = offsetOf(place) - from;
        take(bytes.subarray(at, at + size), place);
      }
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** The places of a list of indices, so that the indices ascend: files are read from front to back. */
export function placesByIndex(indices: Int32Array): Int32Array {
  const places = Int32Array.from(indices, (_, place) => place);
  return places.sort((a, b) => (indices[a] ?? 0) - (indices[b] ?? 0));
}
