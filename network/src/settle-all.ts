// Waiting for several things at once.

/** Waits for all, then throws the first failure: no part goes on unwatched while the rest is torn down. */
export async function settleAll<T extends readonly unknown[]>(parts: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const results = await Promise.allSettled(parts);
  return results.map((result) => {
    if (result.status === 'rejected') {
      throw result.reason;
    }
    return result.value;
  }) as unknown as T;
}
