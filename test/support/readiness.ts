// What a gateway says of its readiness, as anybody may ask.

import { readFile } from 'node:fs/promises';
import type { Network } from '@muster/network';
import { Agent, request } from 'undici';

export interface Readiness {
  /** undefined where it does not answer */
  readonly status?: number;
  readonly checks?: Readonly<Record<string, string>>;
}

/** Asks an organisation's gateway at /readyz. */
export async function readinessOf({ gatewayUrl, roots }: Network['plan']['organisations'][number]): Promise<Readiness> {
  const dispatcher = new Agent({ connect: { ca: await readFile(roots.tls) } });
  try {
    const { statusCode, body } = await request(`${gatewayUrl}/readyz`, { dispatcher });
    return { status: statusCode, checks: ((await body.json()) as { checks: Record<string, string> }).checks };
  } catch {
    return {};
  } finally {
    await dispatcher.destroy();
  }
}
