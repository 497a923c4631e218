// Forks as server-sent events, for readers who ask for them by name. They are not on the ledger, so they have no id of it: a
// reader's Last-Event-ID stays where it is, and one that comes back is told of every fork again.

import type { CheckpointStore } from './checkpoint-store.ts';

/** The one type of event that no block carries. */
export const FORK_DETECTED = 'fork.detected';

/** What one reader has not been told yet: frames, or nothing. */
export function createForkFrames(store: CheckpointStore): () => string {
  const told = new Set<string>();
  return () => {
    const frames: string[] = [];
    for (const fork of store.forks()) {
      const key = `${fork.block} ${fork.organisation}`;
      if (told.has(key)) continue;
      told.add(key);
      frames.push(`event: ${FORK_DETECTED}\ndata: ${JSON.stringify({ type: FORK_DETECTED, data: fork })}\n\n`);
    }
    return frames.join('');
  };
}
