// Who may speak to the gateway: whoever presents a certificate of one of the consortium's organisations over mutual TLS.

import { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Request, RequestHandler } from 'express';
import { MusterError } from '@muster/protocol';

/** Finds out who calls: a name for its client. @throws ERR_CLIENT_CERTIFICATE */
export type Authenticate = (request: Request) => string;

function refuse(reason: string): never {
  throw new MusterError('ERR_CLIENT_CERTIFICATE', { reason });
}

/**
 * Authenticates by the TLS client certificate, which the handshake proved possession of.
 * @param roots PEM of the identity CA roots of all organisations
 */
export function byCertificate(roots: readonly string[]): Authenticate {
  const pinned = roots.map((pem) => new X509Certificate(pem));
  // a connection carries many requests, its certificate is checked against the roots once
  const trusted = new WeakMap<object, X509Certificate>();

  const read = (socket: TLSSocket): X509Certificate => {
    const known = trusted.get(socket);
    if (known !== undefined) return known;
    const certificate = socket.getPeerX509Certificate() ?? refuse('none was presented');
    const issued = pinned.some((root) => certificate.checkIssued(root) && certificate.verify(root.publicKey));
    if (!issued) refuse('it does not chain to an organisation of the consortium');
    trusted.set(socket, certificate);
    return certificate;
  };

  return ({ socket }) => {
    if (!(socket instanceof TLSSocket)) return refuse('the connection is not TLS');
    const certificate = read(socket);
    const now = Date.now();
    if (now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime())
      refuse('it is not valid now');
    return certificate.fingerprint256;
  };
}

/** The middleware; later handlers find who calls under `response.locals.client`. */
export function requireClient(authenticate: Authenticate): RequestHandler {
  return (request, response, next) => {
    response.locals.client = authenticate(request);
    next();
  };
}
