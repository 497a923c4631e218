// How the load's clients hand envelopes in: one request, then asking until the fate of each envelope is told.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errors, Pool } from 'undici';
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

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

interface Response {
  readonly statusCode: number;
  readonly retryAfter: number;
  readonly text: string;
}

/** One answer; undefined where the connection broke, which says nothing about the request. */
async function request(pool: Pool, asked: Request): Promise<Response | undefined> {
  try {
    const headers = { 'content-type': 'application/json' };
    const { statusCode, headers: told, body } = await pool.request({ ...asked, headers });
    return { statusCode, retryAfter: Number(told['retry-after'] ?? 1), text: await body.text() };
  } catch (error) {
    if (error instanceof errors.UndiciError || (error as NodeJS.ErrnoException).code === 'ECONNRESET') return undefined;
    throw error;
  }
}

/** Asks as an agent does: where the connection breaks or the gateway asks for patience, the same is sent again. */
async function ask(pool: Pool, asked: Request): Promise<Answer> {
  const deadline = performance.now() + UNDECIDED_MS;
  while (performance.now() < deadline) {
    const answer = await request(pool, asked);
    if (answer?.statusCode === 200 || answer?.statusCode === 202) return JSON.parse(answer.text) as Answer;
    if (answer !== undefined && answer.statusCode !== 429) {
      throw new Error(`${answer.statusCode} ${answer.text.slice(0, 300)}`);
    }
    await delay((answer?.retryAfter ?? 0.2) * 1000);
  }
  throw new Error('undecided');
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
  await Promise.all(Array.from({ length: connections }, () => request(pool, { method: 'GET', path: '/livez' })));
  return pool;
}
