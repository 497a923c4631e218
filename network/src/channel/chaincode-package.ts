// The chaincode's package: what organisations approve. It holds no address and no key (each peer's builder adds its own
// organisation's), but the digest of the sources, so that an approval is of that code. Equal input gives equal bytes.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A package file's bytes for a chaincode that runs as a service. */
export function chaincodePackage(label: string, sourceDigest: string): Buffer {
  const code = archive([['source.json', JSON.stringify({ digest: sourceDigest })]]);
  return archive([
    ['metadata.json', JSON.stringify({ type: 'ccaas', label })],
    ['code.tar.gz', code],
  ]);
}

/** What a peer calls a package: its label and the SHA-256 of its bytes. */
export function packageId(label: string, bytes: Uint8Array): string {
  return `${label}:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** SHA-256 over names and contents of all source files in the folders, tests excepted, in the order of their names. */
export async function digestSources(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const [index, folder] of folders.entries()) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) {
      const content = await readFile(file);
      hash.update(`${index}${file.slice(folder.length)}\0${content.length}\0`).update(content);
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

const BLOCK = 512;

/** A gzipped tar archive (POSIX ustar) without times or owners. */
function archive(entries: readonly (readonly [name: string, content: string | Buffer])[]): Buffer {
  const blocks = entries.flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    return [header(name, bytes.length), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(name, 0);
  block.write(octal(0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
