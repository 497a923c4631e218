// By what a container counts as healthy. Fabric's images have no HTTP client that could present a certificate, so an open port
// is asked for: peers and orderers open theirs last, after their ledgers.
import type { Settings } from '../overlay.ts';

const PATIENCE = { timeout: '10s', retries: 12 };

/** Something listens on a port of the container. */
export function listens(port: number): Settings {
  return {
    test: ['CMD', 'bash', '-c', `</dev/tcp/127.0.0.1/${port}`],
    interval: '3s',
    start_period: '30s',
    ...PATIENCE,
  };
}

/** What `containers/health.ts` says; starting Node costs, so it is asked less often. */
export function tells(kind: 'gateway' | 'member', config: string): Settings {
  return {
    test: ['CMD', 'node', 'containers/health.ts', kind, config],
    interval: '15s',
    start_period: '30s',
    ...PATIENCE,
  };
}
