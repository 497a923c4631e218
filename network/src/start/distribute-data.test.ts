// Data where a coalition would have its own, and root data that nobody has.

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { decodeIdx, openSource } from '@muster/edge-agent';
import { planNetwork } from '../derive/plan.ts';
import { readDescription } from '../description.ts';
import { agentData, distributeMnist, rootEpochsFor } from './distribute-data.ts';

const PIXELS = 28 * 28;
const nameOf = (pixels: Uint8Array): string => createHash('sha256').update(pixels).digest('hex');

test('root data are kept back from all agents, and train as long as an agent by several passes', async () => {
  const state = await mkdtemp(join(tmpdir(), 'muster-data-'));
  try {
    const { organisations } = planNetwork(readDescription(), { organisations: 2, agentsPerOrganisation: 1, state });
    const root = await distributeMnist(organisations, { partition: { name: 'iid' }, seed: 1, root: 50 });
    const held = new Set<string>();
    let count = 0;
    for (const organisation of organisations) {
      const { data } = decodeIdx(await readFile(join(agentData(organisation, 'agent-1'), 'images.idx')));
      for (let at = 0; at < data.length; at += PIXELS, count++) held.add(nameOf(data.subarray(at, at + PIXELS)));
    }
    expect(count).toBe(60_000 - 50);
    const source = await openSource(root!);
    const { features } = await source.read(Int32Array.from({ length: source.examples }, (_, index) => index));
    const kept = Array.from({ length: source.examples }, (_, example) =>
      nameOf(
        Uint8Array.from(features as Float32Array, (value) => Math.round(value * 255)).subarray(
          example * PIXELS,
          (example + 1) * PIXELS,
        ),
      ),
    );
    expect(kept).toHaveLength(50);
    expect(kept.filter((name) => held.has(name))).toEqual([]);
    expect(rootEpochsFor(8, 100)).toBe(75);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});
