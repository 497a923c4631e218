// Links of the OpenAPI document: where an answer names what another operation takes. Generators of whole conversations, such as
// schemathesis, follow them.

/** What an operation's answer leads to: the operation, and where its parameters are found in the answer or the request. */
export interface Link {
  readonly to: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const submission: Readonly<Record<string, Link>> = {
  fate: { to: 'get /v1/submissions/{jti}', parameters: { jti: '$response.body#/submission/jti' } },
};
const stored: Readonly<Record<string, Link>> = {
  bytes: { to: 'get /v1/artefacts/{cid}', parameters: { cid: '$request.path.cid' } },
  size: { to: 'head /v1/artefacts/{cid}', parameters: { cid: '$request.path.cid' } },
};

/** By operation: its links, by name. */
const links: Readonly<Record<string, Readonly<Record<string, Link>>>> = {
  'get /v1/jobs': {
    job: { to: 'get /v1/jobs/{job}', parameters: { job: '$response.body#/items/0/job' } },
    rounds: { to: 'get /v1/jobs/{job}/rounds', parameters: { job: '$response.body#/items/0/job' } },
    reputations: { to: 'get /v1/jobs/{job}/reputations', parameters: { job: '$response.body#/items/0/job' } },
    base: { to: 'get /v1/artefacts/{cid}', parameters: { cid: '$response.body#/items/0/terms/base/cid' } },
  },
  'get /v1/jobs/{job}/rounds': {
    round: {
      to: 'get /v1/jobs/{job}/rounds/{round}',
      parameters: { job: '$request.path.job', round: '$response.body#/items/0/round' },
    },
    scores: {
      to: 'get /v1/jobs/{job}/rounds/{round}/scores',
      parameters: { job: '$request.path.job', round: '$response.body#/items/0/round' },
    },
  },
  'get /v1/updates': {
    fate: { to: 'get /v1/submissions/{jti}', parameters: { jti: '$response.body#/items/0/jti' } },
    transaction: { to: 'get /v1/transactions/{id}', parameters: { id: '$response.body#/items/0/transaction' } },
  },
  'get /v1/audit/find': {
    transaction: { to: 'get /v1/transactions/{id}', parameters: { id: '$response.body#/items/0/transaction' } },
  },
  'get /v1/attestations': {
    lineage: {
      to: 'get /v1/audit/lineage/{digest}',
      parameters: { digest: '$response.body#/items/0/aggregate/digest' },
    },
  },
  'put /v1/artefacts/{cid}': stored,
};

/** The id of an operation: unique, and the same in every version. */
export function operationId(operation: string): string {
  return operation.replace(/\W+/g, '_').replace(/_$/, '');
}

/** The links of an operation's good answers, as the document has them. */
export function linksOf(method: string, path: string): Record<string, unknown> {
  const own = links[`${method} ${path}`] ?? (method === 'post' ? submission : {});
  return Object.fromEntries(
    Object.entries(own).map(([name, { to, parameters }]) => [name, { operationId: operationId(to), parameters }]),
  );
}
