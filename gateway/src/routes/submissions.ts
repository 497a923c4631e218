// Submissions: signed envelopes on their way to the ledger, and what became of them.

import type { Response } from 'express';
import { fromReport, isMusterError, MusterError, report, type Act, type ErrorReport } from '@muster/protocol';
import { z } from 'zod';
import { clientOf } from '../admission/admission.ts';
import { within } from '../clock.ts';
import { sendProblem } from '../problem.ts';
import type { Relay } from '../relay/relay.ts';
import { isCoalesced } from '../relay/calls.ts';
import {
  batchSchema,
  jtiSchema,
  singleSchema,
  submissionAnswerSchema,
  submissionsAnswerSchema,
  waitSchema,
} from '../schemas/submissions.ts';
import { submissionOf, type Outcome, type Submission } from '../submissions/submission.ts';
import { route, type Route } from './route.ts';

/** Where each act is posted to. */
const paths: Record<Act, { readonly path: string; readonly summary: string }> = {
  'consortium.register': { path: '/v1/organisations', summary: 'Registers the gateway’s own organisation' },
  'consortium.enrol': { path: '/v1/agents', summary: 'Enrols a certificate, of any role' },
  'consortium.revoke': { path: '/v1/revocations', summary: 'Revokes a certificate' },
  'job.propose': { path: '/v1/jobs', summary: 'Proposes a job' },
  'job.vote': { path: '/v1/votes', summary: 'Votes on a job' },
  'round.commit': { path: '/v1/commitments', summary: 'Commits to a sealed update or attestation, or to many' },
  'round.reveal': { path: '/v1/reveals', summary: 'Lets committed updates or attestations be shown' },
  'round.update': { path: '/v1/updates', summary: 'Submits an update, or many' },
  'round.root': { path: '/v1/root-updates', summary: 'Records what a validator trained on the job’s root data' },
  'round.close': { path: '/v1/closures', summary: 'Closes a round' },
  'round.attest': { path: '/v1/attestations', summary: 'Attests the model that a round’s updates make' },
  'round.finalise': { path: '/v1/finalisations', summary: 'Finalises a round' },
  'round.abandon': { path: '/v1/abandonments', summary: 'Abandons a round' },
  'round.settle': { path: '/v1/settlements', summary: 'Settles an ended round for an organisation’s agents' },
};

/** What the routes need besides the relay. */
export interface SubmissionParts {
  readonly relay: Relay;
  readonly stopping: AbortSignal;
}

type Told = z.infer<typeof submissionAnswerSchema>['submission'];

function tell(jti: string | null, act: Act, outcome: Outcome | undefined): Told {
  if (outcome === undefined) return { jti, act, status: 'pending' };
  const { status } = outcome;
  if (status === 'refused') return { jti, act, status, error: outcome.error };
  const { receipt, result } = outcome;
  return { jti, act, status, receipt, ...(result === undefined ? {} : { result: { ...result } }) };
}

/** Waits for the ledger, but not longer than asked for, nor when the gateway stops. */
async function awaited<T>(
  promise: Promise<T>,
  wait: number | undefined,
  stopping: AbortSignal,
): Promise<T | undefined> {
  if (wait === undefined || wait === 0) return undefined;
  if (stopping.aborted) return undefined;
  const stopped = Promise.withResolvers<undefined>();
  const stop = (): void => stopped.resolve(undefined);
  stopping.addEventListener('abort', stop, { once: true });
  try {
    return await within(Promise.race([promise, stopped.promise]), wait);
  } finally {
    stopping.removeEventListener('abort', stop);
  }
}

/** An envelope of a batch: taken in, or refused at the door. */
type Arrived = { readonly submission: Submission } | { readonly error: ErrorReport };

function arrive(act: Act, envelope: string): Arrived {
  try {
    return { submission: submissionOf(act, envelope) };
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return { error: report(error) };
  }
}

async function single(
  { relay, stopping }: SubmissionParts,
  act: Act,
  envelope: string,
  wait: number | undefined,
  response: Response,
): Promise<void> {
  const submission = submissionOf(act, envelope);
  const [pending] = await relay.accept([submission], clientOf(response));
  const outcome = await awaited(pending as Promise<Outcome>, wait, stopping);
  response.location(`/v1/submissions/${submission.jti}`);
  if (outcome?.status === 'refused') {
    sendProblem(fromReport(outcome.error), response, response.req.originalUrl);
    return;
  }
  response.status(outcome === undefined ? 202 : 200).json({ submission: tell(submission.jti, act, outcome) });
}

async function many(
  { relay, stopping }: SubmissionParts,
  act: Act,
  envelopes: readonly string[],
  wait: number | undefined,
  response: Response,
): Promise<void> {
  const arrived = envelopes.map((envelope) => arrive(act, envelope));
  const taken = arrived.flatMap((one) => ('submission' in one ? [one.submission] : []));
  const pending = await relay.accept(taken, clientOf(response));
  const outcomes = new Map<string, Outcome>();
  const noted = taken.map(async ({ id }, i) => outcomes.set(id, await (pending[i] as Promise<Outcome>)));
  await awaited(Promise.all(noted), wait, stopping);
  const submissions = arrived.map((one) =>
    'submission' in one
      ? tell(one.submission.jti, act, wait === undefined ? undefined : outcomes.get(one.submission.id))
      : tell(null, act, { status: 'refused', error: one.error }),
  );
  const settled = submissions.every(({ status }) => status !== 'pending');
  response.status(settled ? 200 : 202).json({ submissions });
}

const answers = {
  200: { description: 'What became of it', schema: submissionAnswerSchema },
  202: { description: 'Stored; ask at the Location', schema: submissionAnswerSchema },
};
const severalAnswers = {
  200: { description: 'What became of it', schema: z.union([submissionAnswerSchema, submissionsAnswerSchema]) },
  202: { description: 'Stored', schema: z.union([submissionAnswerSchema, submissionsAnswerSchema]) },
};

function postRoute(parts: SubmissionParts, act: Act): Route {
  const { path, summary } = paths[act];
  if (!isCoalesced(act)) {
    return route({
      method: 'post',
      path,
      summary,
      query: waitSchema,
      body: singleSchema,
      answers,
      handle: ({ body: { envelope }, query: { wait } }, _request, response) =>
        single(parts, act, envelope, wait, response),
    });
  }
  return route({
    method: 'post',
    path,
    summary,
    query: waitSchema,
    body: batchSchema,
    answers: severalAnswers,
    handle: ({ body, query: { wait } }, _request, response) =>
      'envelope' in body
        ? single(parts, act, body.envelope, wait, response)
        : many(parts, act, body.envelopes, wait, response),
  });
}

export function submissionRoutes(parts: SubmissionParts): Route[] {
  const { relay, stopping } = parts;
  return [
    ...(Object.keys(paths) as Act[]).map((act) => postRoute(parts, act)),
    route({
      method: 'get',
      path: '/v1/submissions/:jti',
      summary: 'What became of a submission',
      params: z.object({ jti: jtiSchema }),
      query: waitSchema,
      answers: { 200: { description: 'The submission', schema: submissionAnswerSchema } },
      handle: async ({ params: { jti }, query: { wait } }, _request, response) => {
        const pending = relay.pending(jti);
        if (pending !== undefined) await awaited(pending, wait, stopping);
        const found = relay.find(jti);
        if (found === undefined) throw new MusterError('ERR_TRANSACTION_UNKNOWN', { transaction: jti });
        response.json({ submission: tell(jti, found.act, found.outcome) });
      },
    }),
  ];
}
