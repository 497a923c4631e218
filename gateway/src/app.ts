// The application: routes, validation, errors. It gets all it needs and opens no socket, so that tests run it whole.

import { randomUUID } from 'node:crypto';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { pinoHttp } from 'pino-http';
import type { Logger } from 'pino';
import { MusterError } from '@muster/protocol';
import { Admission, admit, readBody } from './admission/admission.ts';
import type { ArtefactFetcher } from './artefacts/siblings.ts';
import type { ArtefactStore } from './artefacts/store.ts';
import type { Limits } from './config.ts';
import type { ForkWatch } from './forks/fork-watch.ts';
import type { Meters } from './metrics.ts';
import { idempotent } from './middleware/idempotency.ts';
import { requireClient, type Authenticate } from './middleware/authenticate.ts';
import { openApiOf } from './openapi.ts';
import type { Ledger } from './ports.ts';
import { answerProblem } from './problem.ts';
import type { Projection } from './projection/projection.ts';
import { Reads } from './projection/reads.ts';
import type { Relay } from './relay/relay.ts';
import { allRoutes } from './routes/index.ts';
import type { Check } from './routes/health.ts';
import type { Route } from './routes/route.ts';
import type { SubmissionStore } from './submissions/store.ts';

/** What the application is made of. */
export interface AppParts {
  readonly organisation: string;
  readonly authenticate: Authenticate;
  readonly ledger: Ledger;
  readonly relay: Relay;
  readonly submissions: SubmissionStore;
  readonly projection: Projection;
  readonly store: ArtefactStore;
  readonly fetcher: ArtefactFetcher;
  readonly checks: Readonly<Record<string, Check>>;
  readonly meters: Meters;
  readonly limits: Limits;
  /** absent where nobody is compared with */
  readonly forks?: ForkWatch;
  readonly log: Logger;
  /** aborted when the gateway is told to stop: waiting answers end */
  readonly stopping: AbortSignal;
}

const REQUEST_ID = /^[\w.-]{1,64}$/;

/** Logs who asked what and how it ended: never bodies, never headers. What went well is no news. */
function logging(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    genReqId: (request, response) => {
      const given = request.headers['x-request-id'];
      const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
      response.setHeader('X-Request-Id', id);
      return id;
    },
    customLogLevel: (request, response, error) => {
      // asked for all the time while a network starts, and unready is an answer
      if (request.url === '/readyz') return 'debug';
      if (error !== undefined || response.statusCode >= 500) return 'warn';
      return response.statusCode >= 400 ? 'info' : 'debug';
    },
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });
}

/** Runs a route and measures it. */
function answer(route: Route, meters: Meters): RequestHandler {
  const name = `${route.method.toUpperCase()} ${route.path}`;
  return async (request: Request, response: Response) => {
    const started = performance.now();
    response.once('finish', () => {
      meters.request(name, response.statusCode, (performance.now() - started) / 1000);
    });
    await route.run(request, response);
  };
}

/** Refuses methods that no route of a path takes. @throws ERR_METHOD_UNKNOWN */
function refuseMethod(path: string, routes: readonly Route[]): RequestHandler {
  const allowed = routes.map(({ method }) => method.toUpperCase());
  return ({ method }: Request) => {
    throw new MusterError('ERR_METHOD_UNKNOWN', { method, path, allowed });
  };
}

/** Makes the application. */
export function createApp(parts: AppParts): Express {
  const { authenticate, submissions, meters, limits, log } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(logging(log));
  const reads = new Reads(parts.projection.database);
  const admission = new Admission(limits);
  const client = requireClient(authenticate, (certificate) => reads.revokedAt(certificate));
  const door = [client, admit(admission)];
  // nothing is inflated: a few bytes could stand for many
  const json = readBody(admission, limits, express.json({ limit: limits.bodyBytes, inflate: false }));
  const keyed = idempotent(submissions);
  const routes = allRoutes({ ...parts, reads, admission });
  for (const route of routes) {
    const before = [...(route.open === true ? [] : door), ...(route.body === undefined ? [] : [json, keyed])];
    app[route.method](route.path, ...before, answer(route, meters));
  }
  for (const [path, own] of Map.groupBy(routes, (each) => each.path)) {
    app.all(path, ...(own.every(({ open }) => open === true) ? [] : [client]), refuseMethod(path, own));
  }
  const document = openApiOf(routes);
  app.get('/openapi.json', (_request, response) => void response.json(document));
  // a stranger learns nothing about which routes exist below /v1
  app.use('/v1', client);
  app.use((request: Request) => {
    throw new MusterError('ERR_ROUTE_UNKNOWN', { method: request.method, path: request.path.slice(0, 200) });
  });
  app.use(answerProblem);
  return app;
}
