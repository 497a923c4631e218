// What an organisation's gateway says of itself at /readyz, which anyone may ask.
import { readFile } from 'node:fs/promises';
import { parseJson } from '@muster/protocol';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { OrganisationPlan } from './derive/plan.ts';

const PATIENCE_MS = 5_000;

const healthSchema = z.looseObject({
  status: z.enum(['ok', 'unready']),
  checks: z.record(z.string(), z.string()),
  notice: z.string().optional(),
});

/** All that a person should know: checks that fail, and the notice of forks. Empty where all is well. */
export async function gatewayNotices({ gatewayUrl, roots }: OrganisationPlan): Promise<string[]> {
  const connect = { ca: await readFile(roots.tls, 'utf8'), timeout: PATIENCE_MS };
  const dispatcher = new Agent({ connect, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  try {
    const { body } = await request(`${gatewayUrl}/readyz`, { dispatcher });
    const { checks, notice } = parseJson('readiness', healthSchema, await body.text());
    const failing = Object.entries(checks).filter(([, state]) => state !== 'ok');
    return [
      ...failing.map(([check, state]) => `${check}: ${state}`),
      ...(notice === undefined ? [] : [`FORK: ${notice}`]),
    ];
  } catch (error) {
    return [`does not answer: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    await dispatcher.close();
  }
}
