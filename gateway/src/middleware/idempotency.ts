// Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header): a key stands for one request body. The same body gives
// the same submission anyhow, by its jti, so all that must be kept is which body a key stands for.

import type { RequestHandler } from 'express';
import { canonicalise, digestOf, MusterError } from '@muster/protocol';
import type { SubmissionStore } from '../submissions/store.ts';

const MAX_LENGTH = 255;

export function idempotent(store: SubmissionStore): RequestHandler {
  return (request, response, next) => {
    const key = request.get('Idempotency-Key');
    if (key !== undefined) {
      if (key.length === 0 || key.length > MAX_LENGTH) {
        const issues = [{ field: 'Idempotency-Key', problem: `must be 1 to ${MAX_LENGTH} characters` }];
        throw new MusterError('ERR_DOCUMENT_INVALID', { document: 'request header', issues });
      }
      const digest = digestOf(`${request.path}\n${canonicalise(request.body ?? null)}`);
      if (!store.bindKey(String(response.locals.client), key, digest, Date.now())) {
        throw new MusterError('ERR_IDEMPOTENCY_KEY', { key });
      }
    }
    next();
  };
}
