// The REST contract as typed calls over a transport.

import { cidOf, digestOf, MusterError, readJson, verifyCid, type Act, type SignedCheckpoint } from '@muster/protocol';
import { followEvents } from './event-stream.ts';
import type { EventRow, Fork, Gateway, Submission } from './gateway.ts';
import type { Transport, WireRequest } from './transport.ts';

/** Where each act is handed in. */
export const ROUTES: Readonly<Record<Act, string>> = {
  'consortium.register': '/v1/organisations',
  'consortium.enrol': '/v1/agents',
  'consortium.revoke': '/v1/revocations',
  'job.propose': '/v1/jobs',
  'job.vote': '/v1/votes',
  'round.commit': '/v1/commitments',
  'round.reveal': '/v1/reveals',
  'round.update': '/v1/updates',
  'round.root': '/v1/root-updates',
  'round.close': '/v1/closures',
  'round.attest': '/v1/attestations',
  'round.finalise': '/v1/finalisations',
  'round.abandon': '/v1/abandonments',
  'round.settle': '/v1/settlements',
};

const PAGE = 200;

interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** Answers hold what the ledger holds, some levels deeper. */
const ANSWER_MAX_DEPTH = 64;

/**
 * Asks for JSON. It is read while another gateway may still be asked in place of one that answers with anything else.
 * @throws ERR_GATEWAY_UNREACHABLE
 */
async function exchangeJson(transport: Transport, wanted: WireRequest): Promise<unknown> {
  let value: unknown;
  const verify = (body: Uint8Array): void => {
    try {
      value = readJson(body, ANSWER_MAX_DEPTH);
    } catch (cause) {
      const { message } = cause as MusterError;
      throw new MusterError('ERR_GATEWAY_UNREACHABLE', { url: wanted.path, reason: message }, { cause });
    }
  };
  await transport.exchange({ ...wanted, verify });
  return value;
}

type Query = Readonly<Record<string, string | number | undefined>>;

function withQuery(path: string, query: Query): string {
  const set = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) set.set(name, String(value));
  return set.size === 0 ? path : `${path}?${set.toString()}`;
}

const part = encodeURIComponent;

/** The gateway behind a transport. */
export function createGateway(transport: Transport): Gateway {
  const get = async <T>(path: string, query: Query = {}): Promise<T> =>
    (await exchangeJson(transport, { method: 'GET', path: withQuery(path, query) })) as T;
  const list = async <T>(path: string, query: Query = {}, most = Infinity): Promise<T[]> => {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<T> = await get(path, { ...query, limit: Math.min(PAGE, most - items.length), cursor });
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined && items.length < most);
    return items;
  };
  return {
    async submit(act, envelope, waitMs, turn = 0) {
      const path = withQuery(ROUTES[act], waitMs > 0 ? { wait: waitMs } : {});
      const answer = await exchangeJson(transport, { method: 'POST', path, json: { envelope }, waitMs, turn });
      return (answer as { submission: Submission }).submission;
    },
    jobs: (status) => list('/v1/jobs', { status }),
    job: (job) => get(`/v1/jobs/${part(job)}`),
    rounds: (job) => list(`/v1/jobs/${part(job)}/rounds`),
    round: (job, round) => get(`/v1/jobs/${part(job)}/rounds/${round}`),
    scores: (job, round) => list(`/v1/jobs/${part(job)}/rounds/${round}/scores`),
    reputations: (job, filter = {}) => list(`/v1/jobs/${part(job)}/reputations`, { ...filter }),
    organisations: () => list('/v1/organisations'),
    agents: (filter = {}) => list('/v1/agents', { ...filter }),
    history: (type, attributes) => list('/v1/audit/history', { type, attributes: JSON.stringify(attributes) }),
    lineage: (digest) => get(`/v1/audit/lineage/${part(digest)}`),
    find: (query, limit) => list<EventRow>('/v1/audit/find', { ...query }, limit),
    checkpoints: async (from) => (await get<Page<SignedCheckpoint>>('/v1/checkpoints', { from })).items,
    forks: async () => (await get<Page<Fork>>('/v1/forks')).items,
    async *blocks(from) {
      let height = Infinity;
      for (let next = from; next < height;) {
        const answer = await get<{ readonly height: number; readonly blocks: readonly string[] }>('/v1/blocks', {
          from: next,
        });
        for (const block of answer.blocks) yield Buffer.from(block, 'base64');
        next += answer.blocks.length;
        // a gateway that has no more to give, whatever it says of its height, ends the list
        height = answer.blocks.length === 0 ? next : answer.height;
      }
    },
    transaction: (id) => get(`/v1/transactions/${part(id)}`),
    async putArtefact(bytes, turn = 0) {
      const cid = cidOf(bytes);
      const path = `/v1/artefacts/${cid}`;
      const { status } = await transport.exchange({ method: 'HEAD', path, turn });
      if (status === 404) await transport.exchange({ method: 'PUT', path, bytes, turn });
      return { cid, digest: digestOf(bytes), size: bytes.length };
    },
    async getArtefact(cid) {
      const verify = (body: Uint8Array): void => verifyCid(cid, body);
      const { body } = await transport.exchange({ method: 'GET', path: `/v1/artefacts/${part(cid)}`, verify });
      return body;
    },
    follow: (options) => followEvents(transport, options),
    close: () => transport.close(),
  };
}
