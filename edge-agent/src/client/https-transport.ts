// The wire to one gateway: HTTPS with keep-alive, mutual TLS with the enrolment key, the server pinned to its organisation's TLS CA.

import type { KeyObject } from 'node:crypto';
import { agreedSkew, clockSkewed, MusterError } from '@muster/protocol';
import { Agent, request, type Dispatcher } from 'undici';
import { askSkew } from './ask-time.ts';
import { fromProblem } from './problem.ts';
import type { Transport, WireRequest } from './transport.ts';

/** Where a gateway is, and the PEM root its certificate chains to. */
export interface GatewayAddress {
  readonly organisation: string;
  readonly url: string;
  readonly tlsRoot: string;
}

/** Who calls. */
export interface ClientIdentity {
  readonly certificatePem: string;
  readonly privateKey: KeyObject;
}

const CONNECT_TIMEOUT_MS = 3000;
const ANSWER_TIMEOUT_MS = 20_000;
/** A stream sends a heartbeat each 15 s; two missed and it is dead. */
const SILENCE_TIMEOUT_MS = 35_000;

/** What TLS calls a certificate that is not valid at the time of the own clock. */
const UNTIMELY: readonly unknown[] = ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'];

function bodyOf({ json, bytes, headers }: WireRequest): {
  body: string | Uint8Array | null;
  headers: Record<string, string>;
} {
  if (bytes !== undefined) return { body: bytes, headers: { ...headers, 'content-type': 'application/octet-stream' } };
  if (json === undefined) return { body: null, headers: { ...headers } };
  return { body: JSON.stringify(json), headers: { ...headers, 'content-type': 'application/json' } };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `${code} ${error.message}`.trim() : error.message;
}

/** The transport to one gateway. */
export function createHttpsTransport({ url, tlsRoot }: GatewayAddress, identity: ClientIdentity): Transport {
  const agent = new Agent({
    connect: {
      ca: tlsRoot,
      cert: identity.certificatePem,
      key: identity.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      timeout: CONNECT_TIMEOUT_MS,
    },
    keepAliveTimeout: 30_000,
    connections: 16,
  });
  const unreachable = (cause: unknown): MusterError =>
    new MusterError('ERR_GATEWAY_UNREACHABLE', { url, reason: reasonOf(cause) }, { cause });
  /** A certificate that is good at the gateway's own time is refused here because of the clock here. */
  const skewBehind = async (cause: unknown): Promise<MusterError | undefined> => {
    if (!UNTIMELY.includes((cause as { code?: unknown }).code)) return undefined;
    const skew = await askSkew(url, tlsRoot).catch(() => undefined);
    const agreed = skew === undefined ? undefined : agreedSkew([skew], 1);
    return agreed === undefined ? undefined : clockSkewed(agreed, `the gateway ${url}`);
  };
  const send = async (
    wanted: WireRequest,
    options: Partial<Dispatcher.RequestOptions>,
  ): Promise<Dispatcher.ResponseData> => {
    const { waitMs = 0, method, path } = wanted;
    const timeouts = { headersTimeout: ANSWER_TIMEOUT_MS + waitMs, bodyTimeout: ANSWER_TIMEOUT_MS };
    try {
      return await request(`${url}${path}`, { dispatcher: agent, method, ...timeouts, ...bodyOf(wanted), ...options });
    } catch (cause) {
      throw (await skewBehind(cause)) ?? unreachable(cause);
    }
  };
  const read = async (response: Dispatcher.ResponseData): Promise<Uint8Array> => {
    try {
      return new Uint8Array(await response.body.arrayBuffer());
    } catch (cause) {
      throw unreachable(cause);
    }
  };
  async function* chunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (cause) {
      throw unreachable(cause);
    }
    throw unreachable(new Error('the event stream ended'));
  }
  return {
    async exchange(wanted) {
      const response = await send(wanted, {});
      const body = await read(response);
      const status = response.statusCode;
      if (status >= 400 && !(status === 404 && wanted.method === 'HEAD')) throw fromProblem(url, status, body);
      wanted.verify?.(body);
      return { status, body };
    },
    async stream(wanted, signal) {
      const response = await send(wanted, { signal, bodyTimeout: SILENCE_TIMEOUT_MS });
      if (response.statusCode >= 400) throw fromProblem(url, response.statusCode, await read(response));
      return chunks(response.body as AsyncIterable<Uint8Array>);
    },
    close: () => agent.destroy(),
  };
}
