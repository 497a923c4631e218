// One member of a ZIP archive, as a file that is read by ranges: where it lies if it is stored, unpacked if it is deflated.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { isMusterError } from '@muster/protocol';
import { malformed, shown, wordsOf } from './malformed.ts';
import { RecordFile } from './record-file.ts';
import { Spool } from './spool.ts';

/** More members than any archive of arrays has. */
const MEMBERS_MAX = 65_536;
const STORED = 0;
const DEFLATED = 8;

/** Bytes of a file: from `start`, so many. */
export interface FilePart {
  readonly file: RecordFile;
  readonly start: number;
  readonly bytes: number;
}

async function entryOf(archive: ZipFile, path: string, member: string): Promise<Entry> {
  if (archive.entryCount > MEMBERS_MAX)
    throw malformed(path, `has ${archive.entryCount} members, the limit is ${MEMBERS_MAX}`);
  for await (const entry of archive.eachEntry() as AsyncIterable<Entry>) if (entry.fileName === member) return entry;
  throw malformed(path, `has no member ${shown(member)}`);
}

/** Unpacks a member, which must become what the directory promises: not a byte more, and with that checksum. */
async function inflate(path: string, start: number, entry: Entry, scratch?: string): Promise<FilePart> {
  const name = `${path}: ${entry.fileName}`;
  const spool = await Spool.create(name, scratch);
  let sum = 0;
  try {
    const packed = createReadStream(path, { start, end: start + entry.compressedSize - 1 });
    await pipeline(packed, createInflateRaw(), async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) {
        if (spool.bytes + piece.length > entry.uncompressedSize) {
          throw malformed(name, `unpacks to more than ${entry.uncompressedSize} bytes`);
        }
        sum = crc32(piece, sum);
        await spool.append(piece);
      }
    });
    if (spool.bytes !== entry.uncompressedSize || sum !== entry.crc32) throw malformed(name, 'is not what was packed');
  } catch (error) {
    await spool.close();
    throw error;
  }
  const file = await spool.finish();
  return { file, start: 0, bytes: file.bytes };
}

async function partOf(archive: ZipFile, path: string, member: string, scratch?: string): Promise<FilePart> {
  const entry = await entryOf(archive, path, member);
  const { fileDataStart: start } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
  if (entry.isEncrypted()) throw malformed(`${path}: ${member}`, 'is encrypted');
  if (entry.compressionMethod === DEFLATED && entry.compressedSize > 0) return inflate(path, start, entry, scratch);
  if (entry.compressionMethod === STORED)
    return { file: await RecordFile.open(path), start, bytes: entry.uncompressedSize };
  throw malformed(
    `${path}: ${member}`,
    `is packed by method ${entry.compressionMethod}; known are stored and deflated`,
  );
}

/**
 * Opens a member of an archive.
 * @param scratch folder for what is unpacked
 * @throws MusterError ERR_DATA_MALFORMED: no archive, no such member, encrypted, another size than promised
 */
export async function openZipMember(path: string, member: string, scratch?: string): Promise<FilePart> {
  await (await RecordFile.open(path)).close();
  let archive: ZipFile | undefined;
  try {
    archive = await yauzl.openPromise(path, { lazyEntries: true, autoClose: false });
    return await partOf(archive, path, member, scratch);
  } catch (error) {
    if (isMusterError(error)) throw error;
    throw malformed(path, `cannot be read as a ZIP archive: ${wordsOf(error)}`, error);
  } finally {
    archive?.close();
  }
}
