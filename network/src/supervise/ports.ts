// Ports: who wants which, whether it is free, and finding a range where all are.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { MusterError } from '@muster/protocol';

export interface WantedPort {
  readonly port: number;
  readonly node: string;
}

/** @throws MusterError ERR_PORT_BUSY naming the first port that another process holds, and the node that wants it */
export async function requireFreePorts(listen: string, wanted: readonly WantedPort[]): Promise<void> {
  const free = await Promise.all(wanted.map(({ port }) => isFree(listen, port)));
  const busy = wanted.find((_, index) => free[index] === false);
  if (busy !== undefined) {
    throw new MusterError('ERR_PORT_BUSY', { port: busy.port, node: busy.node });
  }
}

/** Below the ranges from which systems give out ports by themselves (Linux 32768, others 49152). */
const LOWEST = 18_000;
const HIGHEST = 32_000;
const ATTEMPTS = 50;

/**
 * A base such that `base … base + count - 1` are all free now.
 * @throws MusterError ERR_PORT_BUSY when no such range was found
 */
export async function findFreeBase(listen: string, count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const base = randomInt(LOWEST, HIGHEST - count);
    const range = Array.from({ length: count }, (_, index) => isFree(listen, base + index));
    if ((await Promise.all(range)).every(Boolean)) {
      return base;
    }
  }
  throw new MusterError('ERR_PORT_BUSY', { port: LOWEST, node: `any network of ${count} ports` });
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        resolve(false);
      } else {
        reject(error);
      }
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
