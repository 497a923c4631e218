// The keystore folder: key.pem (0600, made here, never leaves), certificate.pem, ca.pem. Writes are atomic.
import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MusterError } from '@muster/protocol';

/** Where the three files of a keystore lie. */
export interface KeystorePaths {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}

/** A complete keystore, read and checked. PEM texts; the key only as a handle. */
export interface Keystore {
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
  readonly caPem: string;
}

export function keystorePaths(folder: string): KeystorePaths {
  return { key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem'), ca: join(folder, 'ca.pem') };
}

/**
 * Reads a keystore and checks that key and certificate belong together.
 * @throws MusterError ERR_KEYSTORE_MISSING when a file is absent, ERR_KEYSTORE_INVALID when the two do not match.
 */
export async function readKeystore(folder: string): Promise<Keystore> {
  const paths = keystorePaths(folder);
  const [keyPem, certificatePem, caPem] = await Promise.all([
    readOrMissing(paths.key),
    readOrMissing(paths.certificate),
    readOrMissing(paths.ca),
  ]);
  let privateKey: KeyObject;
  let matches: boolean;
  try {
    privateKey = createPrivateKey(keyPem);
    matches = new X509Certificate(certificatePem).checkPrivateKey(privateKey);
  } catch (cause) {
    throw new MusterError('ERR_KEYSTORE_INVALID', { folder, reason: 'key or certificate is not PEM' }, { cause });
  }
  if (!matches) {
    throw new MusterError('ERR_KEYSTORE_INVALID', { folder, reason: 'the certificate is for another key' });
  }
  return { privateKey, certificatePem, caPem };
}

/**
 * Writes a file so that a reader sees the old bytes or the new, never a part; a crash leaves at worst a stray temporary.
 * @param mode - permission bits; the default keeps it to the owner.
 */
export async function writePrivately(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    // A umask may have taken bits away, never given them: make the mode what was asked for.
    await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (cause) {
    await unlink(temporary).catch((error: unknown) => {
      if (!isAbsent(error)) {
        throw error;
      }
    });
    throw cause;
  }
}

/** Reads a file, or undefined when it does not exist; any other fault is thrown. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw error;
  }
}

async function readOrMissing(path: string): Promise<string> {
  const text = await readIfPresent(path);
  if (text === undefined) {
    throw new MusterError('ERR_KEYSTORE_MISSING', { path });
  }
  return text;
}

/** Told by shape: errors of Node's own modules are of another realm where code runs in a sandbox. */
function isAbsent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
