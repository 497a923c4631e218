// Who may speak to the gateway: whoever presents a certificate of one of the consortium's organisations over mutual TLS.

import { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Request, RequestHandler } from 'express';
import { MusterError, thumbprint } from '@muster/protocol';

/** Finds out who calls: the thumbprint of its certificate, as the ledger knows it. @throws ERR_CLIENT_CERTIFICATE */
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
  const trusted = new WeakMap<object, { readonly certificate: X509Certificate; readonly client: string }>();

  const read = (socket: TLSSocket): { readonly certificate: X509Certificate; readonly client: string } => {
    const known = trusted.get(socket);
    if (known !== undefined) return known;
    const certificate = socket.getPeerX509Certificate() ?? refuse('none was presented');
    const issued = pinned.some((root) => certificate.checkIssued(root) && certificate.verify(root.publicKey));
    if (!issued) refuse('it does not chain to an organisation of the consortium');
    const found = { certificate, client: thumbprint(certificate) };
    trusted.set(socket, found);
    return found;
  };

  return ({ socket }) => {
    if (!(socket instanceof TLSSocket)) return refuse('the connection is not TLS');
    const { certificate, client } = read(socket);
    const now = Date.now();
    if (now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime())
      refuse('it is not valid now');
    return client;
  };
}

/** When the ledger revoked a certificate, by its thumbprint; undefined where it counts, or is not enrolled yet. */
export type Revocations = (certificate: string) => number | undefined;

/**
 * Checks that a client's certificate was not revoked; a connection it opened before does not outlive it.
 * @throws ERR_CERTIFICATE_REVOKED
 */
export function verifyStanding(revocations: Revocations, certificate: string): void {
  const at = revocations(certificate);
  if (at !== undefined) throw new MusterError('ERR_CERTIFICATE_REVOKED', { certificate, at });
}

/** The middleware; later handlers find who calls under `response.locals.client`. */
export function requireClient(authenticate: Authenticate, revocations: Revocations): RequestHandler {
  return (request, response, next) => {
    const client = authenticate(request);
    verifyStanding(revocations, client);
    response.locals.client = client;
    next();
  };
}
