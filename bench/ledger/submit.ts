// How the load's clients hand envelopes in: one request, then asking until the fate of each envelope is told.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { OrganisationPlan } from '@muster/network';
import type { Told } from './load.ts';

/** How often and how long a client asks again: a gateway's silence says nothing about the ledger. */
const ASK_MS = 30_000;
const UNDECIDED_MS = 300_000;

interface Submission {
  readonly jti?: string | null;
  readonly status: 'pending' | 'recorded' | 'refused';
  readonly receipt?: { readonly transaction: string };
  readonly error?: { readonly code: string };
}

interface Answer {
  readonly submission?: Submission;
  readonly submissions?: readonly Submission[];
}

/** An envelope with the name of its statement. */
export interface Sealed {
  readonly jti: string;
  readonly envelope: string;
}

async function ask(pool: Pool, request: { method: 'GET' | 'POST'; path: string; body?: string }): Promise<Answer> {
  for (;;) {
    const headers = { 'content-type': 'application/json' };
    const { statusCode, headers: told, body } = await pool.request({ ...request, headers });
    const text = await body.text();
    if (statusCode === 200 || statusCode === 202) return JSON.parse(text) as Answer;
    // the gateway asks for patience: the same envelopes are sent again
    if (statusCode !== 429) throw new Error(`${statusCode} ${text.slice(0, 300)}`);
    await delay(Number(told['retry-after'] ?? 1) * 1000);
  }
}

/** Asks until the fate of a submission is told, as an agent does. */
async function fateOf(pool: Pool, jti: string, first: Submission | undefined): Promise<Told> {
  const deadline = performance.now() + UNDECIDED_MS;
  let submission = first;
  while (submission?.status === 'pending' && performance.now() < deadline) {
    const asked = await ask(pool, { method: 'GET', path: `/v1/submissions/${jti}?wait=${ASK_MS}` });
    submission = asked.submission;
  }
  const transaction = submission?.receipt?.transaction;
  if (submission?.status === 'recorded' && transaction !== undefined) return { id: jti, recorded: true, transaction };
  return { id: jti, recorded: false, reason: submission?.error?.code ?? 'undecided' };
}

/** Hands envelopes in with one request, and tells the fate of each. */
export async function post(pool: Pool, sealed: readonly Sealed[]): Promise<Told[]> {
  const envelopes = sealed.map(({ envelope }) => envelope);
  try {
    const { submission, submissions = [submission] } = await ask(pool, {
      method: 'POST',
      path: `/v1/updates?wait=${ASK_MS}`,
      body: JSON.stringify(envelopes.length === 1 ? { envelope: envelopes[0] } : { envelopes }),
    });
    return await Promise.all(sealed.map(({ jti }, i) => fateOf(pool, jti, submissions[i])));
  } catch (error) {
    return sealed.map(({ jti }) => ({ id: jti, recorded: false, reason: String(error) }));
  }
}

/** Connections to an organisation's gateway, all of them made. */
export async function connectedPool(organisation: OrganisationPlan, connections: number): Promise<Pool> {
  const keys = join(organisation.folder, 'identities', 'relay');
  const [ca, cert, key] = await Promise.all(
    [organisation.roots.tls, join(keys, 'certificate.pem'), join(keys, 'key.pem')].map((file) => readFile(file)),
  );
  const connect = { ca: ca as Buffer, cert: cert as Buffer, key: key as Buffer };
  const pool = new Pool(organisation.gatewayUrl, { connections, connect, keepAliveTimeout: 600_000 });
  const touch = async (): Promise<void> => {
    const { body } = await pool.request({ method: 'GET', path: '/livez' });
    await body.dump();
  };
  await Promise.all(Array.from({ length: connections }, touch));
  return pool;
}
