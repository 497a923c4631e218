// How long the parts of a piece of work took, for the logs that people and benches read.

/** Seconds between the marks of a stopwatch, to the millisecond. */
export function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = Math.round(now - last) / 1000;
    last = now;
    return seconds;
  };
}
