// Before any test on a real network: a folder for the network that test files may share, and the process that owns it.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setup() {
  // the environment is what test files are handed; the network itself is stood up by whoever asks for it first
  process.env.MUSTER_TEST_FOLDER = await mkdtemp(join(tmpdir(), 'muster-shared-'));
  process.env.MUSTER_TEST_OWNER = String(process.pid);
}
