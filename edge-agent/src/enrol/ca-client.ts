// A client of the Fabric CA's REST interface (fabric-ca 1.5 swagger): enrol, register, re-enrol, revoke.
import { Agent, request } from 'undici';
import { MusterError } from '@muster/protocol';
import { createAuthorisationToken, type Signatory } from './authorisation-token.ts';

export interface CaClientOptions {
  /** https address of the server; one server may hold several CAs. */
  readonly url: string;
  /** The pinned root(s) the server's own certificate must chain to, PEM. */
  readonly roots: string;
  /** Which CA of the server. */
  readonly caName: string;
  readonly timeoutMs?: number;
}

/** Who is to be known to the CA. Attributes marked so go into every enrolment certificate. */
export interface Registration {
  readonly id: string;
  readonly secret: string;
  /** The node OU of the certificate. */
  readonly type: 'client' | 'peer' | 'orderer' | 'admin';
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface Issued {
  readonly certificatePem: string;
  /** The issuing CA's chain, PEM. */
  readonly caPem: string;
}

export interface CaClient extends Disposable {
  enrol(id: string, secret: string, signingRequest: string, profile?: 'tls'): Promise<Issued>;
  register(registrar: Signatory, registration: Registration): Promise<void>;
  reEnrol(signatory: Signatory, signingRequest: string, profile?: 'tls'): Promise<Issued>;
  /** Revokes every certificate of an identity; the identity cannot enrol again. */
  revoke(registrar: Signatory, id: string, reason: string): Promise<void>;
}

interface Reply {
  readonly success: boolean;
  readonly result: unknown;
  readonly errors: readonly { code: number; message: string }[];
}

/**
 * Every method rejects with MusterError ERR_CA_UNREACHABLE (no answer within the deadline) or ERR_CA_REFUSED (the CA said no).
 */
export function createCaClient(options: CaClientOptions): CaClient {
  const timeoutMs = options.timeoutMs ?? 15_000;
  const dispatcher = new Agent({ connect: { ca: options.roots, timeout: timeoutMs }, connections: 4 });

  async function post(path: string, content: object, authorise: (body: string) => string): Promise<unknown> {
    const body = JSON.stringify({ ...content, caname: options.caName });
    let reply: Reply;
    try {
      const response = await request(new URL(path, options.url), {
        method: 'POST',
        dispatcher,
        body,
        headers: { 'content-type': 'application/json', authorization: authorise(body) },
        signal: AbortSignal.timeout(timeoutMs),
      });
      reply = (await response.body.json()) as Reply;
    } catch (cause) {
      throw new MusterError('ERR_CA_UNREACHABLE', { url: options.url, ca: options.caName, path }, { cause });
    }
    if (!reply.success) {
      const reasons = reply.errors.map(({ code, message }) => `${code} ${message}`).join('; ');
      throw new MusterError('ERR_CA_REFUSED', { url: options.url, ca: options.caName, path, reasons });
    }
    return reply.result;
  }

  const byToken = (signatory: Signatory, path: string) => (body: string) =>
    createAuthorisationToken(signatory, 'POST', path, body);

  const api = '/api/v1';
  return {
    async enrol(id, secret, signingRequest, profile) {
      const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
      return issued(await post(`${api}/enroll`, { certificate_request: signingRequest, profile }, () => basic));
    },
    async register(registrar, { id, secret, type, attributes = {} }) {
      const attrs = Object.entries(attributes).map(([name, value]) => ({ name, value, ecert: true }));
      const path = `${api}/register`;
      await post(path, { id, secret, type, affiliation: '', attrs }, byToken(registrar, path));
    },
    async reEnrol(signatory, signingRequest, profile) {
      const path = `${api}/reenroll`;
      return issued(await post(path, { certificate_request: signingRequest, profile }, byToken(signatory, path)));
    },
    async revoke(registrar, id, reason) {
      const path = `${api}/revoke`;
      await post(path, { id, reason }, byToken(registrar, path));
    },
    [Symbol.dispose]() {
      void dispatcher.close();
    },
  };
}

function issued(result: unknown): Issued {
  const { Cert, ServerInfo } = result as { Cert: string; ServerInfo: { CAChain: string } };
  return { certificatePem: decode(Cert), caPem: decode(ServerInfo.CAChain) };
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
