// The OpenAPI 3.1 document, made from the routes' own schemas.

import { z } from 'zod';
import { linksOf, operationId } from './openapi-links.ts';
import { problemSchema } from './schemas/submissions.ts';
import type { Answer, Route } from './routes/route.ts';

type Json = Record<string, unknown>;

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  // the draft that OpenAPI 3.1 uses is the default; what JSON Schema cannot say is left open
  const document = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return Object.fromEntries(Object.entries(document).filter(([keyword]) => keyword !== '$schema'));
}

function parameters(route: Route): Json[] {
  const list = (place: 'path' | 'query', shape: z.ZodObject | undefined): Json[] => {
    if (shape === undefined) return [];
    const { properties = {}, required = [] } = jsonSchema(shape, 'input') as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, schema]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema,
    }));
  };
  return [...list('path', route.params), ...list('query', route.query)];
}

function answerOf({ description, schema, contentType = 'application/json' }: Answer): Json {
  return schema === undefined
    ? { description }
    : { description, content: { [contentType]: { schema: jsonSchema(schema, 'output') } } };
}

function bodyOf({ body, bytes }: Route): Json {
  if (body !== undefined) {
    return { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input') } } } };
  }
  return bytes === undefined ? {} : { requestBody: { required: true, content: { [bytes]: { schema: {} } } } };
}

function operationOf(route: Route, path: string): Json {
  const links = linksOf(route.method, path);
  const linked = Object.keys(links).length === 0 ? {} : { links };
  return {
    operationId: operationId(`${route.method} ${path}`),
    summary: route.summary,
    parameters: parameters(route),
    ...bodyOf(route),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [
          status,
          { ...answerOf(answer), ...(Number(status) < 300 ? linked : {}) },
        ]),
      ),
      default: { $ref: '#/components/responses/Problem' },
    },
    security: route.open === true ? [] : [{ clientCertificate: [] }],
  };
}

/** The document of some routes. */
export function openApiOf(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route, path) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster gateway',
      version: '1.0.0',
      description: 'Relays signed envelopes to the ledger and answers what the ledger holds; decides nothing.',
    },
    paths,
    components: {
      responses: {
        Problem: {
          description: 'A problem document (RFC 9457)',
          content: { 'application/problem+json': { schema: jsonSchema(problemSchema, 'output') } },
        },
      },
      securitySchemes: { clientCertificate: { type: 'mutualTLS', description: 'an enrolment certificate' } },
    },
  };
}
