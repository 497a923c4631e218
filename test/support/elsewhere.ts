// Runs something as if on another machine: another clock, time zone and luck. What depends on any of them gives itself away.

const SHIFT_MS = 86_400_000 * 1234 + 5678;

/** Calls, waits, and puts everything back, also after a failure. */
export async function elsewhere<T>(act: () => Promise<T>): Promise<T> {
  const { now } = Date;
  const { random } = Math;
  const zone = process.env.TZ;
  Date.now = () => now() + SHIFT_MS;
  Math.random = () => 0.123;
  process.env.TZ = zone === 'Pacific/Kiritimati' ? 'America/Adak' : 'Pacific/Kiritimati';
  try {
    return await act();
  } finally {
    Date.now = now;
    Math.random = random;
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
}
