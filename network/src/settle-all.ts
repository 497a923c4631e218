// Waiting for several things at once.

/** Waits for all, then throws the first failure: no part goes on unwatched while the rest is torn down. */
export async function settleAll(parts: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(parts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
}
