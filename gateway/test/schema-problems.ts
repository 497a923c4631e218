// What an OpenAPI document of ours must have: for every operation its path parameters, its body and a schema of each answer.

interface Operation {
  readonly summary?: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema?: object }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly content?: object; readonly $ref?: string }>>;
}

function problemsOf(path: string, method: string, operation: Operation): string[] {
  const name = `${method} ${path}`;
  const found: string[] = [];
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
  const given = operation.parameters.filter((one) => one.in === 'path').map((one) => one.name);
  if (named.join() !== given.join()) found.push(`${name}: path parameters ${given.join()}`);
  if (operation.summary === undefined) found.push(`${name}: no summary`);
  if ((method === 'post' || method === 'put') && operation.requestBody === undefined) found.push(`${name}: no body`);
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (answer.content === undefined && answer.$ref === undefined) found.push(`${name}: no schema of ${status}`);
  }
  return found;
}

/** Everything missing from a document, as one line each. */
export function schemaProblems(document: Record<string, unknown>): string[] {
  const paths = document.paths as Record<string, Record<string, Operation>>;
  const found = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => problemsOf(path, method, operation)),
  );
  return Object.keys(paths).length < 20 ? ['too few paths', ...found] : found;
}
