// A route: what it takes and answers, as schemas, and the function that does it. Validation, OpenAPI and types come from this.

import type { Request, Response } from 'express';
import { parse } from '@muster/protocol';
import { z } from 'zod';

type Shape = z.ZodObject;

/** What an answer looks like: a JSON schema, or bytes of some other type. */
export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

interface Definition<P extends Shape, Q extends Shape, B extends z.ZodType> {
  readonly method: 'get' | 'head' | 'post' | 'put';
  readonly path: string;
  readonly summary: string;
  /** open to callers without a client certificate */
  readonly open?: true;
  readonly params?: P;
  readonly query?: Q;
  /** schema of a JSON body */
  readonly body?: B;
  /** type of a body that is not JSON */
  readonly bytes?: string;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly handle: (
    input: { readonly params: z.infer<P>; readonly query: z.infer<Q>; readonly body: z.infer<B> },
    request: Request,
    response: Response,
  ) => Promise<void> | void;
}

/** A route without its types, as app and OpenAPI see it. */
export interface Route extends Omit<Definition<Shape, Shape, z.ZodType>, 'handle'> {
  readonly run: (request: Request, response: Response) => Promise<void>;
}

const nothing = z.object({});

/** Makes a route whose handler gets its input validated. */
export function route<P extends Shape = Shape, Q extends Shape = Shape, B extends z.ZodType = z.ZodType>(
  definition: Definition<P, Q, B>,
): Route {
  const { handle, params, query, body, ...rest } = definition;
  const readParams = (params ?? nothing) as P;
  const readQuery = (query ?? nothing) as Q;
  return {
    ...rest,
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    run: async (request, response) => {
      const input = {
        params: parse('path', readParams as unknown as z.ZodType<z.infer<P>>, request.params),
        query: parse('query', readQuery as unknown as z.ZodType<z.infer<Q>>, request.query),
        body: (body === undefined ? undefined : parse('request body', body, request.body)) as z.infer<B>,
      };
      await handle(input, request, response);
    },
  };
}
