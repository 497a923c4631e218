// A client of the overload: connections of one certificate, and envelopes that are each another one to the gateway.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seal } from '@muster/protocol';
import { Pool } from 'undici';
import type { Member } from '../../edge-agent/src/index.ts';
import type { OrganisationPlan } from '../../network/src/index.ts';

export interface Client {
  readonly pool: Pool;
}

/** Connects with an identity's certificate, which is what the gateway tells its clients apart by. */
export async function connectClient(own: OrganisationPlan, name: string, connections: number): Promise<Client> {
  const keys = join(own.folder, 'identities', name);
  const files = [own.roots.tls, join(keys, 'certificate.pem'), join(keys, 'key.pem')];
  const [ca, cert, key] = (await Promise.all(files.map((file) => readFile(file)))) as [Buffer, Buffer, Buffer];
  return { pool: new Pool(own.gatewayUrl, { connections, connect: { ca, cert, key } }) };
}

let stated = Date.now();

/**
 * Hands in one envelope: the member's enrolment once more, stated at another time. Its signature is verified by every endorser
 * and it takes its place in a transaction, but it leaves the state as it is, so that the load is the same from start to end.
 * @param waitMs how long the gateway is to wait for the ledger
 * @returns the HTTP status; 0 where the connection failed
 */
export async function submit(
  { pool }: Client,
  { by, certificatePem, signer }: Member,
  waitMs: number,
): Promise<number> {
  const envelope = seal('consortium.enrol', { v: 1, iat: stated++, by, certificate: certificatePem }, signer);
  try {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: waitMs === 0 ? '/v1/agents' : `/v1/agents?wait=${waitMs}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ envelope }),
    });
    await body.dump();
    return statusCode;
  } catch {
    return 0; // counted by whoever asked
  }
}

/** How many envelopes of the gateway have their outcome, by its own meters. */
export async function settledBy({ pool }: Client): Promise<number> {
  const { body } = await pool.request({ method: 'GET', path: '/metrics' });
  const lines = (await body.text()).split('\n').filter((line) => line.startsWith('muster_envelopes_total{'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
