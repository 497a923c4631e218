// Health: alive, ready, measured.

import { z } from 'zod';
import type { Meters } from '../metrics.ts';
import { livenessSchema, readinessSchema } from '../schemas/health.ts';
import { route, type Route } from './route.ts';

const noticed = (notice: string | undefined): { notice?: string } => (notice === undefined ? {} : { notice });

/** One thing that must hold for the gateway to be of use: undefined where it does, else why not. */
export type Check = () => Promise<string | undefined>;

/** Whoever asks gets an answer that is no older, so that strangers who ask all the time put no load on the ledger. */
const FRESH_MS = 200;

/** Asks all checks, once for all who ask at a time. */
function checker(checks: Readonly<Record<string, Check>>): () => Promise<(readonly [name: string, state: string])[]> {
  let last: { readonly at: number; readonly found: ReturnType<ReturnType<typeof checker>> } | undefined;
  let busy = false;
  const ask = async (): Promise<(readonly [string, string])[]> => {
    busy = true;
    try {
      return await Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, (await check()) ?? 'ok'] as const),
      );
    } finally {
      busy = false;
    }
  };
  return () => {
    if (last === undefined || (!busy && performance.now() - last.at > FRESH_MS)) {
      last = { at: performance.now(), found: ask() };
    }
    return last.found;
  };
}

/** @param notice what a person should know although the gateway is of use: a lying sibling must not be able to stop it */
export function healthRoutes(
  checks: Readonly<Record<string, Check>>,
  meters: Meters,
  notice: () => string | undefined = () => undefined,
): Route[] {
  const check = checker(checks);
  return [
    route({
      method: 'get',
      path: '/livez',
      summary: 'Whether the process answers',
      open: true,
      answers: { 200: { description: 'It does', schema: livenessSchema } },
      handle: (_input, _request, response) => void response.json({ status: 'ok' }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      summary: 'Whether the ledger answers and the projection follows it',
      open: true,
      answers: {
        200: { description: 'Ready', schema: readinessSchema },
        503: { description: 'Not ready; `checks` says why', schema: readinessSchema },
      },
      handle: async (_input, _request, response) => {
        const found = await check();
        const ready = found.every(([, state]) => state === 'ok');
        response
          .status(ready ? 200 : 503)
          .json({ status: ready ? 'ok' : 'unready', checks: Object.fromEntries(found), ...noticed(notice()) });
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      summary: 'Measures for Prometheus',
      answers: {
        200: { description: 'Prometheus text format', schema: z.string(), contentType: meters.registry.contentType },
      },
      handle: async (_input, _request, response) => {
        response.type(meters.registry.contentType).send(await meters.registry.metrics());
      },
    }),
  ];
}
