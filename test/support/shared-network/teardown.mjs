// After the last test on a real network, whatever became of it: takes down what was shared.
import { rm } from 'node:fs/promises';
import { endShared } from './shared-network.ts';

export default async function teardown() {
  const folder = process.env.MUSTER_TEST_FOLDER;
  if (folder === undefined) return;
  await endShared(folder);
  await rm(folder, { recursive: true, force: true });
}
