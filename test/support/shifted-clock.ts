// A clock that is off, for one process: the C library's clock calls with some seconds added, so that TLS and JavaScript both
// see it. Programs in Go ask the system itself, and are not reached.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = `
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static time_t shift(void) { const char *text = getenv("CLOCK_SHIFT_SECONDS"); return text == NULL ? 0 : atol(text); }
int clock_gettime(clockid_t id, struct timespec *at) {
  int failed = (int) syscall(SYS_clock_gettime, id, at);
  if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += shift();
  return failed;
}
time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != NULL) *at = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void) zone;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}
`;

/** The environment of a process whose clock is so far ahead; negative is behind. */
export type Shift = (seconds: number) => Record<string, string>;

/**
 * Compiles the library.
 * @param folder where it may lie for as long as it is used
 * @returns undefined where this machine has no C compiler, or is no Linux
 */
export function clockShift(folder: string): Shift | undefined {
  const source = join(folder, 'clock.c');
  const library = join(folder, 'clock.so');
  writeFileSync(source, SOURCE);
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source], { stdio: 'ignore' });
    const shift: Shift = (seconds) => ({ LD_PRELOAD: library, CLOCK_SHIFT_SECONDS: String(seconds) });
    const now = execFileSync(process.execPath, ['-p', 'Date.now()'], { env: { ...process.env, ...shift(10_000) } });
    return Number(now) - Date.now() > 9_000_000 ? shift : undefined;
  } catch {
    return undefined;
  }
}
