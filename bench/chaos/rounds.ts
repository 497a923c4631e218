// Following the job that is trained all the time: when its last round was finalised.

import type { Gateway } from '@muster/edge-agent';

export interface RoundFollower {
  /** By the ledger's time, milliseconds since 1970; 0 before the first. */
  lastFinalisedAt(): number;
  stop(): Promise<void>;
}

/** Follows until stopped; the stream finds another gateway by itself where one dies. */
export function followRounds(gateway: Gateway, job: string): RoundFollower {
  const stop = new AbortController();
  let last = 0;
  const follow = async (): Promise<void> => {
    for await (const row of gateway.follow({ job, types: ['round.finalised'], signal: stop.signal })) {
      if (row.type === 'round.finalised') last = Math.max(last, row.data.finalisedAt ?? 0);
    }
  };
  const following = follow();
  following.catch(() => undefined);
  return {
    lastFinalisedAt: () => last,
    async stop() {
      stop.abort();
      await Promise.allSettled([following]);
    },
  };
}
