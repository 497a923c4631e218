// Problem documents (RFC 9457): how every failure is told over HTTP. The one place that turns errors into answers.

import type { NextFunction, Request, Response } from 'express';
import {
  catalogue,
  codedStorageError,
  isMusterError,
  MusterError,
  type AnyMusterError,
  type Code,
} from '@muster/protocol';

/** A problem document; `code` and `details` are of the catalogue in @muster/protocol. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: Code;
  readonly details: Record<string, unknown>;
  readonly instance?: string;
  readonly transaction?: string;
}

const TITLES = {
  refused: 'Refused',
  conflict: 'Overtaken by another transaction',
  unreachable: 'Not reachable now',
  defect: 'Internal error',
} as const;

/** What libraries below throw: body-parser, router and send follow http-errors. */
interface HttpError extends Error {
  readonly status?: number;
  readonly type?: string;
  readonly length?: number;
  readonly limit?: number;
}

function ofRequest(error: HttpError, request: Request): AnyMusterError | undefined {
  if (error.type === 'entity.too.large') {
    const details = { bytes: error.length ?? 0, limit: error.limit ?? 0 };
    return new MusterError('ERR_ENVELOPE_TOO_LARGE', details, { cause: error });
  }
  if (error.status === undefined || error.status < 400 || error.status >= 500) return undefined;
  if (error instanceof URIError) {
    return new MusterError('ERR_ROUTE_UNKNOWN', { method: request.method, path: request.path }, { cause: error });
  }
  const issues = [{ field: '(document)', problem: error.message }];
  return new MusterError('ERR_DOCUMENT_INVALID', { document: 'request body', issues }, { cause: error });
}

/** The coded error behind anything that was thrown while a request was answered. */
export function codedError(error: unknown, request: Request): AnyMusterError {
  const reference = request.id as string;
  if (isMusterError(error)) {
    // a bug tells nothing outside; the log has it under the reference
    return error.family === 'defect' ? new MusterError('ERR_DEFECT', { reference }, { cause: error }) : error;
  }
  const stored = codedStorageError(error, 'the gateway');
  if (isMusterError(stored)) return stored;
  const known = error instanceof Error ? ofRequest(error, request) : undefined;
  return known ?? new MusterError('ERR_DEFECT', { reference }, { cause: error });
}

/** The problem document of an error. */
export function problemOf(error: AnyMusterError, instance?: string): Problem {
  const { family, http } = catalogue[error.code];
  const details: Record<string, unknown> = { ...error.details };
  const { transaction } = details;
  return {
    type: `urn:muster:error:${error.code}`,
    title: TITLES[family],
    status: http,
    detail: error.message,
    code: error.code,
    details,
    ...(instance === undefined ? {} : { instance }),
    ...(typeof transaction === 'string' ? { transaction } : {}),
  };
}

/** Answers with a problem document. */
export function sendProblem(error: AnyMusterError, response: Response, instance: string): void {
  if (error.code === 'ERR_OVERLOADED') response.set('Retry-After', String(error.details.retryAfterSeconds));
  // RFC 9110, section 15.5.6
  if (error.code === 'ERR_METHOD_UNKNOWN') response.set('Allow', error.details.allowed.join(', '));
  const problem = problemOf(error, instance);
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The error middleware. */
export function answerProblem(error: unknown, request: Request, response: Response, next: NextFunction): void {
  const coded = codedError(error, request);
  if (coded.family === 'defect') request.log.error({ err: error }, 'request failed');
  // an answer that has begun can only be cut off, which is what express does with an error
  if (response.headersSent) next(error);
  else sendProblem(coded, response, request.originalUrl);
}
